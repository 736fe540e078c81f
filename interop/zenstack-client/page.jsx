// Shows what the hooks of `@zenstackhq/tanstack-query` know, and hands them, the client of `@zenstackhq/fetch-client` and the
// helpers of `@zenstackhq/client-helpers` to the test as `window.stage`.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { deserialize, serialize } from "@zenstackhq/client-helpers/fetch";
import { createClient } from "@zenstackhq/fetch-client";
import { useClientQueries } from "@zenstackhq/tanstack-query/react";
import { Decimal } from "decimal.js";
import { createRoot } from "react-dom/client";
import { schema } from "schema";

const client = createClient(schema, { endpoint: `${window.location.origin}/api/model` });

/** A value and its type, as the test can compare it. */
function told(value) {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Date) return `Date ${value.toISOString()}`;
  if (Decimal.isDecimal(value)) return `Decimal ${value.toFixed()}`;
  if (typeof value === "bigint") return `BigInt ${value}`;
  if (value instanceof Uint8Array) return `Bytes ${Array.from(value)}`;
  if (Array.isArray(value)) return value.map(told);
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, told(inner)]));
  return value;
}

/** What a promise gives, or how it fails. */
function outcome(promise) {
  return promise.then(
    (value) => ({ value: told(value) }),
    (error) => ({ status: error.status ?? null, info: error.info ?? null, error: String(error) }),
  );
}

function Things() {
  const queries = useClientQueries(schema);
  const found = queries.thing.useFindMany({ orderBy: { id: "asc" }, include: { _count: { select: { parts: true } } } });
  const count = queries.thing.useCount();
  const hooks = {
    create: queries.thing.useCreate().mutateAsync,
    update: queries.thing.useUpdate().mutateAsync,
    remove: queries.thing.useDelete().mutateAsync,
  };
  window.stage = { client, hooks, outcome, told, Decimal, serialize, deserialize };
  const things = (found.data ?? []).map((thing) => `${thing.title}:${thing._count.parts}`);
  return (
    <main>
      <p id="status">{found.status}</p>
      <p id="count">{String(count.data)}</p>
      <p id="things">{things.join(",")}</p>
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
    <Things />
  </QueryClientProvider>,
);
