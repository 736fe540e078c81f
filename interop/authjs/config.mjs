// From the options of `server.mjs` to a configuration of Auth.js.

import { CredentialsSignin } from "@auth/core/errors";
import Credentials from "@auth/core/providers/credentials";
import Passkey from "@auth/core/providers/passkey";
import WebAuthn from "@auth/core/providers/webauthn";
import { openAdapter } from "./adapters.mjs";

/** A mail provider that prints its links. */
function email(print) {
  return {
    id: "email",
    type: "email",
    name: "Email",
    from: "Auth.js <no-reply@example.com>",
    maxAge: 24 * 60 * 60,
    sendVerificationRequest({ identifier, url, expires }) {
      print({ event: "mail", identifier, url, expires });
    },
  };
}

class Locked extends CredentialsSignin {
  code = "locked";
}

/** Knows people from a list. A password of "throw" or "locked" fails in the way it says. */
function credentials(people) {
  return Credentials({
    id: "credentials",
    name: "Password",
    credentials: { email: { label: "Email", type: "email" }, password: { label: "Password", type: "password" } },
    authorize(given) {
      if (given.password === "throw") throw new Error("scripted failure");
      if (given.password === "locked") throw new Locked();
      const found = people.find((person) => person.email === given.email && person.password === given.password);
      if (!found) return null;
      const { id, name = null, image = null } = found;
      return { id, name, email: found.email, image };
    },
  });
}

/** The configuration for these options. */
export async function authConfig(options, print) {
  const adapter = options.adapter && (await openAdapter(options.adapter, options.database, options));
  const providers = [];
  if (adapter) providers.push(email(print));
  if (options.people) providers.push(credentials(options.people));
  providers.push(...(options.services ?? []).map((service) => ({ ...service })));
  // Of two providers of keys, one alone may offer them while an address is typed.
  if (options.passkeys) providers.push(Passkey({}), WebAuthn({ enableConditionalUI: false }));
  return {
    basePath: new URL(options.url).pathname,
    secret: options.secret,
    trustHost: true,
    adapter,
    providers,
    session: {
      ...(options.strategy && { strategy: options.strategy }),
      ...(options.maxAge && { maxAge: options.maxAge }),
      ...(options.updateAge !== undefined && { updateAge: options.updateAge }),
    },
    ...(options.passkeys && { experimental: { enableWebAuthn: true } }),
    // An absent member is not the same as an undefined one.
    ...(options.pages && { pages: options.pages }),
    logger: {
      error: (error) => process.stderr.write(`${error?.name}: ${error?.message}\n${error?.cause?.err?.stack ?? ""}\n`),
      warn: () => {},
      debug: () => {},
    },
  };
}
