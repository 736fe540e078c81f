// The adapters by name. Each is loaded only when it is asked for.

const OPEN = {
  async memory() {
    const { memoryAdapter } = await import("./memory.mjs");
    return memoryAdapter();
  },

  async pg(database) {
    const { default: pg } = await import("pg");
    const { default: PostgresAdapter } = await import("@auth/pg-adapter");
    return PostgresAdapter(new pg.Pool({ connectionString: database, max: 4 }));
  },

  async "drizzle-pg"(database) {
    const { default: pg } = await import("pg");
    const { drizzle } = await import("drizzle-orm/node-postgres");
    return drizzleAdapter(drizzle(new pg.Pool({ connectionString: database, max: 4 })));
  },

  async "drizzle-mysql"(database) {
    const { createPool } = await import("mysql2/promise");
    const { drizzle } = await import("drizzle-orm/mysql2");
    // Drizzle writes UTC without saying so.
    return drizzleAdapter(drizzle(createPool({ uri: database, timezone: "Z", connectionLimit: 4 })));
  },

  async "drizzle-sqlite"(database) {
    const { createClient } = await import("@libsql/client");
    const { drizzle } = await import("drizzle-orm/libsql");
    return drizzleAdapter(drizzle(createClient({ url: database })));
  },
};

async function drizzleAdapter(database) {
  const { DrizzleAdapter } = await import("@auth/drizzle-adapter");
  return DrizzleAdapter(database);
}

/** The adapter of this name on this database. */
export async function openAdapter(name, database) {
  const open = OPEN[name];
  if (!open) throw new Error(`no adapter is called ${name}`);
  return open(database);
}
