// The Prisma adapter of Auth.js on a database, with the query compiler in WebAssembly and a JavaScript driver.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PrismaAdapter } from "@auth/prisma-adapter";

const require = createRequire(import.meta.url);

const DRIVERS = {
  async postgresql(database) {
    const { PrismaPg } = await import("@prisma/adapter-pg");
    return new PrismaPg({ connectionString: database, max: 4 });
  },
  async mysql(database) {
    const { PrismaMariaDb } = await import("@prisma/adapter-mariadb");
    return new PrismaMariaDb(database.replace("mysql:", "mariadb:"));
  },
  async sqlite(database) {
    const { PrismaLibSql } = await import("@prisma/adapter-libsql");
    // Without it a write fails while another process writes.
    return new PrismaLibSql({ url: database, timeout: 5000 });
  },
};

/** The adapter, and what makes its tables. */
export async function open(provider, database) {
  const { PrismaClient } = require(`./node_modules/.generated/${provider}/client`);
  const client = new PrismaClient({ adapter: await DRIVERS[provider](database) });
  return { adapter: PrismaAdapter(client), createTables: () => createTables(client, provider) };
}

/** Runs the statements that Prisma's schema engine writes for the schema. */
async function createTables(client, provider) {
  const text = readFileSync(new URL(`tables/${provider}.sql`, import.meta.url), "utf8");
  for (const statement of text.split(";")) {
    if (statement.trim()) await client.$executeRawUnsafe(statement);
  }
}
