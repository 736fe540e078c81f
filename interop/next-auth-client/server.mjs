// A page with the unmodified `next-auth/react` and `next-auth/webauthn`, and Hallpass behind it on the same origin, as a proxy puts it there.
//
// The first argument is a JSON object: { hallpass: the port it listens on }.
// Prints {"event":"listening","port":…}. Ends when its standard input ends.

import { build } from "esbuild";

import { serve } from "../site.mjs";

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
serve({ title: "next-auth/react", script: bundle.outputFiles[0].text, base: "/api/auth", port: options.hallpass });
