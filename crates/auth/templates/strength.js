(() => {
const line = document.querySelector("[data-strength]");
const form = line.closest("form");
const field = form.querySelector("input[autocomplete=new-password]");
const meter = line.querySelector("meter");
const words = line.querySelector("[aria-live]");
let waiting;
let newest = 0;
const tell = (said) => {
meter.hidden = !said;
meter.value = said ? said.score : 0;
words.textContent = said ? `Strength: ${said.word}${said.message ? `. ${said.message}` : ""}` : "";
};
const ask = async (number) => {
const typed = new FormData(form);
const body = new URLSearchParams({ csrfToken: typed.get("csrfToken"), password: field.value });
body.set("name", typed.get("name") ?? "");
body.set("email", typed.get("email") ?? typed.get("username") ?? "");
let said;
try {
const answer = await fetch(line.dataset.strength, { method: "POST", headers: { Accept: "application/json" }, body });
said = answer.ok ? await answer.json() : undefined;
} catch {
said = undefined;
}
if (number === newest) tell(said);
};
field.addEventListener("input", () => {
clearTimeout(waiting);
newest += 1;
if (field.value) waiting = setTimeout(ask, 400, newest);
else tell();
});
})();
