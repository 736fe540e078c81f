// What an application does outside of the routes: tokens with `encode`, `decode` and `getToken` of `next-auth/jwt`, and
// passwords with `bcryptjs`, each as a route below /peer.

import bcrypt from "bcryptjs";
import { decode, encode, getToken } from "next-auth/jwt";

const asJson = (use) => async (request) => Response.json((await use(request)) ?? null);

export const tools = {
  /** Body { token, secret, salt, maxAge }: a new token. */
  "/peer/encode": asJson(async (request) => encode(await request.json())),
  /** Body { token, secret, salt }: the claims. */
  "/peer/decode": asJson(async (request) => decode(await request.json())),
  /** Body { password, cost }: the hash, as guides to the credentials provider make it. */
  "/peer/bcrypt-hash": asJson(async (request) => {
    const { password, cost } = await request.json();
    return bcrypt.hash(password, cost);
  }),
  /** Body { password, hash }: whether they belong together. */
  "/peer/bcrypt-compare": asJson(async (request) => {
    const { password, hash } = await request.json();
    return bcrypt.compare(password, hash);
  }),
  /** Body { secret, secureCookie, cookieName, salt, raw }, and the cookies and headers of the request: the claims. */
  "/peer/get-token": asJson(async (request) => getToken({ ...(await request.clone().json()), req: request })),
};
