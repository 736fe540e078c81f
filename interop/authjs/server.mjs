// Auth.js behind HTTP on the loopback: the unmodified `@auth/core`, as an application beside Hallpass runs it.
//
// The first argument is a JSON object:
//   url         the public address of the routes, such as "https://app.test/api/auth"; requests count as sent to it
//   secret      a text, or a list with the newest first
//   strategy    "jwt", "database", or absent
//   adapter     "memory", "pg", or "drizzle-" or "prisma-" with "postgresql", "mysql" or "sqlite"; or absent
//   database    the address of its database
//   create      whether to make the adapter's tables first
//   maxAge, updateAge   seconds
//   pages       custom pages
//   services    providers of OAuth 2 and OpenID Connect, as Auth.js takes them
//   passkeys    whether people sign in with keys in their devices
//   frame       "express": as `@auth/express` serves it, with a page at /protected; absent: `@auth/core` alone
//   people      [{ email, password, id, name, image }]: who may sign in with credentials; absent: no such provider
//
// Prints one JSON object a line: {"event":"listening","port":…}, {"event":"mail","identifier":…,"url":…}.
// Ends when its standard input ends, so that no test leaves it behind.

import { createServer } from "node:http";
import { Auth } from "@auth/core";
import { authConfig } from "./config.mjs";
import { tools } from "./tools.mjs";

const options = JSON.parse(process.argv[2] ?? "{}");
const print = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
const config = await authConfig(options, print);

/** The request as the frameworks' glue makes it: the public origin, and path and query as sent. */
async function webRequest(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at], incoming.rawHeaders[at + 1]);
  }
  // As the glue of the frameworks: a POST has a body, be it empty.
  const bodied = incoming.method !== "GET" && incoming.method !== "HEAD";
  return new Request(new URL(options.url).origin + incoming.url, {
    method: incoming.method,
    headers,
    body: bodied ? Buffer.concat(chunks) : undefined,
  });
}

async function answer(incoming, outgoing) {
  const request = await webRequest(incoming);
  const { pathname } = new URL(request.url);
  const tool = tools[pathname];
  // The configuration is written to by every request; each gets its own.
  const response = tool ? await tool(request) : await Auth(request, { ...config });
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie") outgoing.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

function serveCore(incoming, outgoing) {
  answer(incoming, outgoing).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    outgoing.statusCode = 599;
    outgoing.end(`the peer failed: ${error.message}`);
  });
}

async function serveExpress() {
  const { expressApplication } = await import("./express.mjs");
  return expressApplication(config);
}

const server = createServer(options.frame === "express" ? await serveExpress() : serveCore);
server.listen(0, "127.0.0.1", () => print({ event: "listening", port: server.address().port }));

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
