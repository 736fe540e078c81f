// A page with the unmodified `next-auth/react` and `next-auth/webauthn`, and Hallpass behind it on the same origin, as a proxy puts it there.
//
// The first argument is a JSON object: { hallpass: the port it listens on }.
// Prints {"event":"listening","port":…}. Ends when its standard input ends.

import { createServer, request } from "node:http";
import { build } from "esbuild";

const options = JSON.parse(process.argv[2] ?? "{}");

const bundle = await build({
  entryPoints: [new URL("page.jsx", import.meta.url).pathname],
  bundle: true,
  write: false,
  format: "esm",
  jsx: "automatic",
  // Where the routes are is left to the defaults of the client.
  define: { "process.env": "{}", "process.env.NODE_ENV": '"production"' },
});
const script = bundle.outputFiles[0].text;
const page = `<!doctype html><html lang="en"><title>next-auth/react</title><link rel="icon" href="data:,">
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
  if (path.startsWith("/api/auth")) return pass(incoming, outgoing);
  if (path === "/page.js") return own("text/javascript", script, outgoing);
  return own("text/html; charset=utf-8", page, outgoing);
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ event: "listening", port: server.address().port })}\n`);
});

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
