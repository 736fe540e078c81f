// A page with ZenStack's unmodified clients, and Hallpass behind it on the same origin, as a proxy puts it there.
//
// The first argument is a JSON object: { hallpass: the port it listens on }.
// Prints {"event":"listening","port":…}. Ends when its standard input ends.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { serve } from "../site.mjs";

const options = JSON.parse(process.argv[2] ?? "{}");
const folder = fileURLToPath(new URL(".", import.meta.url));

// The generator asks for Node.js 21, for this alone.
Object.groupBy ??= (items, key) => {
  const groups = Object.create(null);
  for (const [at, item] of [...items].entries()) (groups[key(item, at)] ??= []).push(item);
  return groups;
};
const { loadDocument } = await import("@zenstackhq/language");
const { TsSchemaGenerator } = await import("@zenstackhq/sdk");

// What `zen generate` does, without the rest of that program.
const loaded = await loadDocument(`${folder}/schema.zmodel`);
if (!loaded.success) throw new Error(loaded.errors.join("\n"));
// Inside of `node_modules`, where what is generated finds what it imports.
mkdirSync(`${folder}/node_modules/.generated`, { recursive: true });
const generated = mkdtempSync(`${folder}/node_modules/.generated/`);
await new TsSchemaGenerator().generate(loaded.model, { outDir: generated, lite: false });

const bundle = await build({
  entryPoints: [`${folder}/page.jsx`],
  bundle: true,
  write: false,
  format: "esm",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [
    {
      name: "schema",
      setup: (made) => made.onResolve({ filter: /^schema$/ }, () => ({ path: `${generated}/schema.ts` })),
    },
  ],
});
rmSync(generated, { recursive: true });
serve({ title: "ZenStack", script: bundle.outputFiles[0].text, base: "/api/", port: options.hallpass });
