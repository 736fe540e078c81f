// A real SMTP server (Nodemailer's) that fails on request.
//
// The first argument is a JSON object:
//   mode      "plain", "starttls" or "tls"; the last two need `key` and `cert` (PEM)
//   user, password   the only credentials let in; when absent, nobody needs to sign in
//   script    what to do instead of the normal thing, first match first:
//             { at: "connect"|"auth"|"mail"|"rcpt"|"data", times, code, text }   answer with this code
//             { at, times, hang: true }   never answer
//             { at, times, drop: true }   close the connection ("data": in the middle of the message)
//             { at: "idle", times, drop: true }   close the connection after a mail was taken
//
// Prints one JSON object a line: {"event":"listening","port":…}, {"event":"connection"},
// {"event":"mail",…}. Ends when its standard input ends, so that no test leaves it behind.

import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

const options = JSON.parse(process.argv[2] ?? "{}");
const script = (options.script ?? []).map((step) => ({ times: Infinity, ...step }));

const print = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

/** The scripted step for this point, used up by one. */
function scripted(at) {
  const step = script.find((step) => step.at === at && step.times > 0);
  if (step) step.times -= 1;
  return step;
}

function drop(session) {
  for (const connection of server.connections) {
    if (connection.id === session.id) connection._socket.destroy();
  }
}

/** Does the scripted thing, else what `normally` does. */
function act(at, session, callback, normally) {
  const step = scripted(at);
  if (!step) return normally();
  if (step.hang) return undefined;
  if (step.drop) return drop(session);
  return callback(Object.assign(new Error(step.text ?? "scripted failure"), { responseCode: step.code }));
}

function onAuth(auth, session, callback) {
  act("auth", session, callback, () => {
    const known = auth.username === options.user && auth.password === options.password;
    if (known) return callback(null, { user: auth.username });
    // As real servers do, the answer quotes what it was given.
    const error = new Error(`5.7.8 Username and Password not accepted for ${auth.username}`);
    return callback(Object.assign(error, { responseCode: 535 }));
  });
}

async function onData(stream, session, callback) {
  const step = scripted("data");
  if (step?.drop) {
    stream.once("data", () => drop(session));
    return;
  }
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  if (step?.hang) return;
  if (step) {
    callback(Object.assign(new Error(step.text ?? "scripted failure"), { responseCode: step.code }));
    return;
  }
  const mail = await PostalMime.parse(Buffer.concat(chunks));
  print({
    event: "mail",
    connection: session.id,
    secure: session.secure,
    user: session.user ?? null,
    helo: session.hostNameAppearsAs,
    envelope: { from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map((to) => to.address) },
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    messageId: mail.messageId,
    headers: mail.headers.map((header) => header.key),
    text: mail.text,
    html: mail.html,
  });
  callback(null, "taken");
  if (scripted("idle")) setImmediate(() => drop(session));
}

const server = new SMTPServer({
  secure: options.mode === "tls",
  key: options.key,
  cert: options.cert,
  hideSTARTTLS: options.mode === "plain",
  authOptional: !options.user,
  allowInsecureAuth: true,
  authMethods: ["PLAIN", "LOGIN"],
  disabledCommands: options.user ? [] : ["AUTH"],
  disableReverseLookup: true,
  closeTimeout: 100,
  onConnect(session, callback) {
    print({ event: "connection", connection: session.id });
    act("connect", session, callback, () => callback());
  },
  onAuth,
  onMailFrom(address, session, callback) {
    act("mail", session, callback, () => callback());
  },
  onRcptTo(address, session, callback) {
    act("rcpt", session, callback, () => callback());
  },
  onData,
});

server.on("error", (error) => process.stderr.write(`smtp-server: ${error.message}\n`));
server.listen(0, "127.0.0.1", () => print({ event: "listening", port: server.server.address().port }));

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
