// Generates the clients for `schemas/*.prisma` into node_modules, so that a new installation generates them anew.
//
// Generating reads the schema with WebAssembly; the native schema engine is not run, but the command wants to know where
// one is, and would fetch it otherwise. Any program will do.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

for (const file of readdirSync(`${folder}/schemas`)) {
  const provider = file.replace(".prisma", "");
  const generated = `${folder}/node_modules/.generated/${provider}`;
  mkdirSync(generated, { recursive: true });
  const head = `
    datasource db {
      provider = "${provider}"
    }
    generator client {
      provider = "prisma-client-js"
      output   = "client"
    }
  `;
  writeFileSync(`${generated}/schema.prisma`, head + readFileSync(`${folder}/schemas/${file}`, "utf8"));
  const prisma = `${folder}/node_modules/prisma/build/index.js`;
  execFileSync(process.execPath, [prisma, "generate", "--schema", `${generated}/schema.prisma`], {
    cwd: generated,
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: "1" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
writeFileSync(`${folder}/node_modules/.generated/done`, "");
