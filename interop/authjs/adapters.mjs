// The adapters by name. Each is loaded only when it is asked for; each knows how its tables are made.

import { createRequire } from "node:module";

const OPEN = {
  async memory() {
    const { memoryAdapter } = await import("./memory.mjs");
    return { adapter: memoryAdapter() };
  },

  async pg(database) {
    const { default: pg } = await import("pg");
    const { default: PostgresAdapter } = await import("@auth/pg-adapter");
    const pool = new pg.Pool({ connectionString: database, max: 4 });
    const { TABLES } = await import("./pg-tables.mjs");
    return { adapter: PostgresAdapter(pool), createTables: () => pool.query(TABLES) };
  },

  async "drizzle-postgresql"(database) {
    const { default: pg } = await import("pg");
    const { drizzle } = await import("drizzle-orm/node-postgres");
    const pool = new pg.Pool({ connectionString: database, max: 4 });
    return drizzleAdapter(drizzle(pool), "pg", (statement) => pool.query(statement));
  },

  async "drizzle-mysql"(database) {
    const { createPool } = await import("mysql2/promise");
    const { drizzle } = await import("drizzle-orm/mysql2");
    const pool = createPool({ uri: database, connectionLimit: 4 });
    return drizzleAdapter(drizzle(pool), "mysql", (statement) => pool.query(statement));
  },

  async "drizzle-sqlite"(database) {
    const { createClient } = await import("@libsql/client");
    const { drizzle } = await import("drizzle-orm/libsql");
    // Without it a write fails while another process writes.
    const client = createClient({ url: database, timeout: 5000 });
    return drizzleAdapter(drizzle(client), "sqlite", (statement) => client.execute(statement));
  },

  "prisma-postgresql": prisma("postgresql"),
  "prisma-mysql": prisma("mysql"),
  "prisma-sqlite": prisma("sqlite"),
};

/** The adapter with its default tables; drizzle-kit writes the statements that make them. */
async function drizzleAdapter(database, dialect, run) {
  const { DrizzleAdapter } = await import("@auth/drizzle-adapter");
  const createTables = async () => {
    const { defineTables } = await import(`./node_modules/@auth/drizzle-adapter/lib/${dialect}.js`);
    const kit = createRequire(import.meta.url)("drizzle-kit/api");
    const { json, migration } = {
      pg: { json: kit.generateDrizzleJson, migration: kit.generateMigration },
      mysql: { json: kit.generateMySQLDrizzleJson, migration: kit.generateMySQLMigration },
      sqlite: { json: kit.generateSQLiteDrizzleJson, migration: kit.generateSQLiteMigration },
    }[dialect];
    const statements = await migration(await json({}), await json(defineTables({})));
    for (const statement of statements) await run(statement);
  };
  return { adapter: DrizzleAdapter(database), createTables };
}

/** Prisma stands in a folder of its own: its packages are large. */
function prisma(provider) {
  return async (database) => {
    const { open } = await import("../prisma/adapter.mjs");
    return open(provider, database);
  };
}

/** The adapter of this name on this database; its tables are made where that is asked for. */
export async function openAdapter(name, database, { create }) {
  const open = OPEN[name];
  if (!open) throw new Error(`no adapter is called ${name}`);
  const { adapter, createTables } = await open(database);
  if (create) await createTables();
  return adapter;
}
