// Forms work by themselves; this only saves the page load. What fails falls back to the plain form.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("main form")) return;
  event.preventDefault();
  // Not `form.id`: that is a field of this name, where there is one.
  const id = form.getAttribute("id");
  const focused = form.closest("li") && id ? `#${id} button` : "#content";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    if (answer.redirected) history.replaceState(null, "", answer.url);
    document.dispatchEvent(new Event("todos:shown"));
    (document.querySelector(focused) ?? document.querySelector("#content"))?.focus();
  } catch {
    form.submit();
  }
});
