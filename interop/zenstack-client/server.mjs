// A page with ZenStack's unmodified clients, and Hallpass behind it on the same origin, as a proxy puts it there.
//
// The first argument is a JSON object: { hallpass: the port it listens on }.
// Prints {"event":"listening","port":…}. Ends when its standard input ends.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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
const script = bundle.outputFiles[0].text;
const page = `<!doctype html><html lang="en"><title>ZenStack</title><link rel="icon" href="data:,">
<div id="root"></div><script type="module" src="/page.js"></script></html>`;

/** Passes a request on, and says by which name it came. */
function pass(incoming, outgoing) {
  const onward = request({
    host: "127.0.0.1",
    port: options.hallpass,
    method: incoming.method,
    path: incoming.url,
    headers: {
      ...incoming.headers,
      "x-forwarded-host": incoming.headers.host,
      "x-forwarded-proto": "http",
      "x-forwarded-for": incoming.socket.remoteAddress,
    },
  });
  onward.on("response", (response) => {
    outgoing.writeHead(response.statusCode, response.headers);
    response.pipe(outgoing);
  });
  onward.on("error", () => outgoing.writeHead(502).end());
  incoming.pipe(onward);
}

function own(kind, text, outgoing) {
  outgoing.writeHead(200, { "content-type": kind, "cache-control": "no-store" });
  outgoing.end(text);
}

const server = createServer((incoming, outgoing) => {
  const [path] = incoming.url.split("?");
  if (path.startsWith("/api/")) return pass(incoming, outgoing);
  if (path === "/page.js") return own("text/javascript", script, outgoing);
  return own("text/html; charset=utf-8", page, outgoing);
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ event: "listening", port: server.address().port })}\n`);
});

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
