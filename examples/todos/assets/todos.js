// Forms work by themselves; this only saves the page load. What fails falls back to the plain form.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("main form")) return;
  event.preventDefault();
  const focused = form.closest("li") ? `#${form.id} button` : "#content";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    (document.querySelector(focused) ?? document.querySelector("#content"))?.focus();
  } catch {
    form.submit();
  }
});
