// A real OpenID provider (npm `oidc-provider`) whose people agree to everything at once.
//
// The first argument is a JSON object:
//   redirect_uris   where its clients may be sent back to
//   post_logout_redirect_uris   where they may be sent after signing out there
//   backchannel_logout_uri   told when somebody signs out there, with the name of the client behind it
//
// Clients: `basic`, `post`, `secret-jwt`, `key` (private_key_jwt), `public` (none), `form` (as `basic`) and `signed`
// (signed userinfo). Each secret is the client's name repeated to 40 characters.
//
// Whoever comes is the person that `login_hint` names; `login_hint=nobody` refuses. Refresh tokens rotate: one that is used
// twice ends the whole family.
//
// Prints one JSON object a line: {"event":"listening","port":…}, {"event":"key","pem":…} with the private key of the client
// `key`, {"event":"token","client":…,"grant":…}, {"event":"told","client":…} when a client took a logout, and
// {"event":"refused","error":…}. Ends when its standard input ends.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";

import Provider from "oidc-provider";

const options = JSON.parse(process.argv[2] ?? "{}");
// Its notices must not stand between our lines.
console.info = console.error;
const print = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

const secretOf = (name) => name.repeat(40).slice(0, 40);

function client(name, others = {}) {
  return {
    client_id: name,
    client_secret: secretOf(name),
    redirect_uris: options.redirect_uris ?? [],
    post_logout_redirect_uris: options.post_logout_redirect_uris ?? [],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    ...(options.backchannel_logout_uri && {
      backchannel_logout_uri: `${options.backchannel_logout_uri}/${name}`,
      backchannel_logout_session_required: true,
    }),
    ...others,
  };
}

const keyPair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicKey = { ...keyPair.publicKey.export({ format: "jwk" }), kid: "only", use: "sig", alg: "ES256" };

const clients = [
  client("basic", { token_endpoint_auth_method: "client_secret_basic" }),
  client("post", { token_endpoint_auth_method: "client_secret_post" }),
  client("secret-jwt", {
    token_endpoint_auth_method: "client_secret_jwt",
    token_endpoint_auth_signing_alg: "HS256",
  }),
  client("public", { token_endpoint_auth_method: "none", client_secret: undefined }),
  client("form"),
  client("signed", { userinfo_signed_response_alg: "RS256" }),
  client("key", {
    token_endpoint_auth_method: "private_key_jwt",
    client_secret: undefined,
    jwks: { keys: [publicKey] },
  }),
];

/** Everybody exists. */
function findAccount(_context, id) {
  return {
    accountId: id,
    claims: () => ({
      sub: id,
      name: `${id} of the provider`,
      email: `${id}@example.com`,
      email_verified: !id.startsWith("unproven"),
      picture: `https://example.com/${id}.png`,
    }),
  };
}

const configuration = {
  clients,
  findAccount,
  claims: {
    openid: ["sub"],
    profile: ["name", "picture"],
    email: ["email", "email_verified"],
  },
  // Applications read the person from the id_token.
  conformIdTokenClaims: false,
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  clientAuthMethods: [
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "none",
  ],
  pkce: { required: () => true },
  // Without the guard against addresses of this machine: the application of the tests is there.
  fetch: (url, { dispatcher, ...others }) => globalThis.fetch(url, others),
  cookies: { keys: ["only for tests"] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    revocation: { enabled: true },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      // Nobody needs to be asked here.
      logoutSource: (context, form) => {
        context.body = form.replace("</form>", '<input type="hidden" name="logout" value="yes"/></form>');
      },
    },
  },
};

/** Signs the person in and agrees to what is asked. */
async function interact(provider, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (params.login_hint === "nobody") {
    const refusal = { error: "access_denied", error_description: "nobody is here" };
    return provider.interactionFinished(request, response, refusal);
  }
  if (prompt.name === "login") {
    const login = { login: { accountId: params.login_hint ?? "ann" } };
    return provider.interactionFinished(request, response, login);
  }
  const known = grantId && (await provider.Grant.find(grantId));
  const grant = known || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope, missingOIDCClaims } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  const consent = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, consent, { mergeWithLastSubmission: true });
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, configuration);
  provider.on("grant.success", (context) =>
    print({ event: "token", client: context.oidc.client.clientId, grant: context.oidc.params.grant_type }),
  );
  provider.on("backchannel.success", (_context, client) => print({ event: "told", client: client.clientId }));
  provider.on("backchannel.error", (_context, error) => print({ event: "refused", error: String(error.cause ?? error) }));
  for (const name of ["grant.error", "authorization.error", "userinfo.error", "server_error"]) {
    provider.on(name, (_context, error) =>
      print({ event: "refused", error: error.error ?? error.message, detail: error.error_detail ?? error.message }),
    );
  }
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    return interact(provider, request, response).catch((error) => {
      print({ event: "refused", error: error.message });
      response.writeHead(500).end();
    });
  });
  print({ event: "listening", port });
  print({ event: "key", pem: keyPair.privateKey.export({ type: "pkcs8", format: "pem" }) });
});

process.stdin.on("end", () => process.exit(0)).resume();
