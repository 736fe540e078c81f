// Shows what `useSession` knows, and hands the functions of the client to the test as `window.client`.

import * as client from "next-auth/react";
import { signIn as signInByPasskey } from "next-auth/webauthn";
import { createRoot } from "react-dom/client";

const required = new URLSearchParams(window.location.search).has("required");

function Session() {
  const { data, status, update } = client.useSession({ required });
  window.client = { ...client, update, signInByPasskey };
  return (
    <main>
      <p id="status">{status}</p>
      <p id="email">{data?.user?.email ?? ""}</p>
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <client.SessionProvider>
    <Session />
  </client.SessionProvider>,
);
