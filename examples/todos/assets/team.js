// The board moves when others change it. Without this script the page says how to see that: by loading it again.
const place = () => document.querySelector("#live");
const { live, query } = place().dataset;
const events = new EventSource(`${live}?${new URLSearchParams({ q: query })}`);

let said = null;
const say = (text) => {
  said = text ?? said;
  // What is said anew is read out anew.
  if (said && place() && place().textContent !== said) place().textContent = said;
};

// One reading at a time; what happens meanwhile is seen by one more.
let isReading = false;
let isStale = false;
const read = async () => {
  isStale = true;
  if (isReading) return;
  isReading = true;
  try {
    while (isStale) {
      isStale = false;
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) continue;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = document.activeElement?.closest("form[id]")?.id;
      for (const part of ["#todos", "#progress"]) {
        document.querySelector(part)?.replaceWith(page.querySelector(part));
      }
      if (focused) document.querySelector(`#${CSS.escape(focused)} button`)?.focus();
    }
  } catch {
    // The connection says so, and reads again when it is back.
  } finally {
    isReading = false;
  }
};

// The result of the query comes first, then its changes; after a pause the result again.
events.addEventListener("open", () => say("What others do is shown at once."));
events.addEventListener("result", read);
events.addEventListener("change", read);
events.addEventListener("error", () => say("The connection is lost; it is tried again."));
events.addEventListener("end", () => {
  events.close();
  say("What others do is not shown any longer: load the page again.");
});
// What another program did to a table that nobody tracks.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && read());
document.addEventListener("todos:shown", () => say());
