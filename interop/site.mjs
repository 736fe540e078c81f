// A page of one script, and Hallpass behind it on the same origin, as a proxy puts it there.

import { createServer, request } from "node:http";

/** Passes a request on to `port`, and says by which name it came. */
function pass(port, incoming, outgoing) {
  const onward = request({
    host: "127.0.0.1",
    port,
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

/**
 * Answers with the page everywhere but below `base`, which Hallpass on `port` answers. Prints {"event":"listening","port":…}. Ends
 * when standard input ends.
 */
export function serve({ title, script, base, port }) {
  const page = `<!doctype html><html lang="en"><title>${title}</title><link rel="icon" href="data:,">
<div id="root"></div><script type="module" src="/page.js"></script></html>`;
  const server = createServer((incoming, outgoing) => {
    const [path] = incoming.url.split("?");
    if (path.startsWith(base)) return pass(port, incoming, outgoing);
    if (path === "/page.js") return own("text/javascript", script, outgoing);
    return own("text/html; charset=utf-8", page, outgoing);
  });
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${JSON.stringify({ event: "listening", port: server.address().port })}\n`);
  });
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
}
