(() => {
const forms = [...document.querySelectorAll("form[data-passkey]")];
if (!forms.length || !window.PublicKeyCredential || !navigator.credentials || /^[\d.]+$|:/.test(location.hostname)) return;
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const keys = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));
const WORDS = {
NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
InvalidStateError: "This device has a passkey for this account already.",
AccountNotLinked: "This passkey cannot be used for this account.",
WebAuthnVerificationError: "This passkey is not known here, or could not be verified.",
AccessDenied: "You may not sign in.",
TooManyRequests: "This was tried too often. Wait and try again.",
Configuration: "This passkey is not known here.",
WrongCode: "This passkey cannot be used for this account, or it took too long. Try again.",
};
const OTHER = "This did not work. Try again.";
class Refused extends Error {}
const say = (form, words) => { form.querySelector("[data-status]").textContent = words; };
const options = async (form, action) => {
const url = new URL(form.dataset.options);
const email = form.elements.email?.value;
if (action && !(email && "newcomers" in form.dataset && action === "authenticate")) url.searchParams.set("action", action);
if (email) url.searchParams.set("email", email);
const answer = await fetch(url, { headers: { Accept: "application/json" } });
if (answer.status === 429) throw new Refused(WORDS.TooManyRequests);
const said = answer.ok || [401, 403].includes(answer.status) ? await answer.json() : {};
if (said.url && said.error) {
location.assign(said.url);
throw new DOMException("", "AbortError");
}
if (!said.options) throw new Refused(OTHER);
return said;
};
const create = async (said) => {
const credential = await navigator.credentials.create({ publicKey: {
...said,
challenge: bytes(said.challenge),
user: { ...said.user, id: new TextEncoder().encode(said.user.id) },
excludeCredentials: keys(said.excludeCredentials),
} });
const { clientDataJSON, attestationObject } = credential.response;
return [credential, {
clientDataJSON: text(clientDataJSON),
attestationObject: text(attestationObject),
transports: credential.response.getTransports?.(),
}];
};
const get = async (said, ceremony) => {
const publicKey = { ...said, challenge: bytes(said.challenge), allowCredentials: keys(said.allowCredentials) };
const credential = await navigator.credentials.get({ ...ceremony, publicKey });
const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
return [credential, {
clientDataJSON: text(clientDataJSON),
authenticatorData: text(authenticatorData),
signature: text(signature),
userHandle: userHandle ? text(userHandle) : undefined,
}];
};
const send = async (form, action, [credential, response]) => {
say(form, "One moment\u2026");
const { id, type, authenticatorAttachment } = credential;
const data = { id, rawId: text(credential.rawId), type, authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(), response };
const body = new URLSearchParams(new FormData(form));
body.set("action", action);
body.set("data", JSON.stringify(data));
const headers = { "X-Auth-Return-Redirect": "1" };
const answer = await fetch(form.action, { method: "POST", headers, body });
if (answer.status === 429) throw new Refused(WORDS.TooManyRequests);
const said = await answer.json();
const error = said.error ?? (said.url && new URL(said.url).searchParams.get("error"));
if (error || !said.url) throw new Refused(WORDS[error] ?? OTHER);
location.assign(form.dataset.back ?? said.url);
};
let waiting;
const stop = () => { waiting?.abort(); waiting = undefined; };
const tell = (form, error) => {
if (error.name !== "AbortError") say(form, error instanceof Refused ? error.message : WORDS[error.name] ?? OTHER);
};
const offer = async (form) => {
stop();
const controller = new AbortController();
waiting = controller;
const again = setTimeout(offer, 600000, form);
controller.signal.addEventListener("abort", () => clearTimeout(again));
try {
const said = await options(form, "authenticate");
if (controller.signal.aborted || said.action !== "authenticate") return;
const answer = await get(said.options, { mediation: "conditional", signal: controller.signal });
clearTimeout(again);
await send(form, "authenticate", answer);
} catch (error) {
tell(form, error);
}
};
for (const form of forms) {
form.hidden = false;
const autofills = async () => "autofill" in form.dataset && await PublicKeyCredential.isConditionalMediationAvailable?.();
const button = form.querySelector("button[type=submit]");
form.addEventListener("submit", async (event) => {
event.preventDefault();
stop();
button.disabled = true;
say(form, "Follow your browser\u2019s instructions.");
try {
const said = await options(form, form.dataset.passkey);
const answer = said.action === "register" ? await create(said.options) : await get(said.options);
await send(form, said.action, answer);
} catch (error) {
tell(form, error);
button.disabled = false;
if (await autofills()) offer(form);
}
});
autofills().then((can) => { if (can) offer(form); });
}
})();
