// A receiver of webhooks, as the library for Standard Webhooks makes one: what it cannot verify, it refuses.
//
// The first argument is a JSON object:
//   secret    what messages are verified with (`whsec_…`)
//   script    what to do instead of taking a message, first match first, each `times` times:
//             { status, times }      answer with this status, and a Location where it is a redirect
//             { hang: true, times }  never answer
//             { drop: true, times }  close the connection
//             { huge: true, times }  answer with more than anybody should read
//
// Prints one JSON object a line: {"event":"listening","port":…}, {"event":"message",id,type,data,…} for each that was verified and
// taken, {"event":"scripted",id}, {"event":"refused",reason}. Ends when its standard input ends.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const options = JSON.parse(process.argv[2] ?? "{}");
const script = (options.script ?? []).map((step) => ({ times: Infinity, ...step }));
const webhook = new Webhook(options.secret);
const print = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

function scripted() {
  const step = script.find((step) => step.times > 0);
  if (step) step.times -= 1;
  return step;
}

function act(step, id, incoming, outgoing) {
  print({ event: "scripted", id });
  if (step.hang) return;
  if (step.drop) {
    incoming.socket.destroy();
    return;
  }
  if (step.huge) {
    outgoing.writeHead(200);
    outgoing.end("x".repeat(4 * 1024 * 1024));
    return;
  }
  outgoing.writeHead(step.status, { location: "/redirected" }).end();
}

const server = createServer((incoming, outgoing) => {
  const pieces = [];
  incoming.on("data", (piece) => pieces.push(piece));
  incoming.on("end", () => {
    const body = Buffer.concat(pieces).toString("utf8");
    const id = incoming.headers["webhook-id"];
    try {
      const { type, data } = webhook.verify(body, incoming.headers);
      const step = scripted();
      if (step) return act(step, id, incoming, outgoing);
      print({ event: "message", id, type, data, path: incoming.url, signatures: incoming.headers["webhook-signature"].split(" ").length });
      outgoing.writeHead(204).end();
    } catch (error) {
      print({ event: "refused", reason: String(error.message) });
      outgoing.writeHead(401).end();
    }
  });
});

server.listen(options.port ?? 0, "127.0.0.1", () => print({ event: "listening", port: server.address().port }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
