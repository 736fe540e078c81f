// What an application does with tokens outside of the routes: `encode`, `decode` and `getToken` of `next-auth/jwt`,
// each as a route below /peer. Errors are answered with 500.

import { decode, encode, getToken } from "next-auth/jwt";

const asJson = (use) => async (request) => Response.json((await use(request)) ?? null);

export const tools = {
  /** Body { token, secret, salt, maxAge }: a new token. */
  "/peer/encode": asJson(async (request) => encode(await request.json())),
  /** Body { token, secret, salt }: the claims. */
  "/peer/decode": asJson(async (request) => decode(await request.json())),
  /** Body { secret, secureCookie, cookieName, salt, raw }, and the cookies and headers of the request: the claims. */
  "/peer/get-token": asJson(async (request) => getToken({ ...(await request.clone().json()), req: request })),
};
