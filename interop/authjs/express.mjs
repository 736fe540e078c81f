// The routes as `@auth/express` mounts them, and a page that only people with a session see.

import { ExpressAuth, getSession } from "@auth/express";
import express from "express";

/** An application whose `/protected` answers with the session, or 401. */
export function expressApplication(config) {
  const app = express();
  // The proxy in front says whether people come by https.
  app.set("trust proxy", true);
  app.use(config.basePath, ExpressAuth(config));
  app.get("/protected", async (request, response) => {
    const session = await getSession(request, config);
    response.status(session ? 200 : 401).json(session);
  });
  return app;
}
