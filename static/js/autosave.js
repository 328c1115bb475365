/**
 * Saves a report while it is typed, and keeps a copy in this browser until the server has it.
 *
 * Without this file the form is saved by its button. The copy is the person's own: its key names report and person.
 */

const PAUSE = 1200; // after the last key
const RETRY = 8000; // while the server is away
const SKIPPED = new Set(["csrfmiddlewaretoken", "action", "version"]);

const typedIn = (form) => {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (!SKIPPED.has(name) && !name.startsWith("milestone-")) fields[name] = value.replace(/\r\n/g, "\n");
  }
  return fields;
};

const attempt = (act) => {
  try {
    return act();
  } catch {
    return null; // storing is full or forbidden: then the server alone keeps the text
  }
};

const copies = {
  read: (key) => attempt(() => JSON.parse(localStorage.getItem(key))),
  write: (key, fields) => attempt(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }))),
  drop: (key) => attempt(() => localStorage.removeItem(key)),
};

function autosave(form) {
  const key = form.dataset.autosave;
  const status = form.querySelector("[data-status]");
  let timer = 0;
  let flight = null;
  let stopped = "conflict" in form.dataset; // a conflict is for the person to decide
  let changed = false;

  const say = (words, code = "") => {
    status.textContent = words;
    status.classList.toggle("text-red", code !== "");
    form.querySelector("[data-sign-in]").hidden = code !== "signed_out";
  };

  const send = async () => {
    changed = false;
    const body = new FormData(form);
    body.set("action", "autosave");
    const sent = JSON.stringify(typedIn(form));
    let response;
    try {
      response = await fetch(window.location.pathname, { method: "POST", body, headers: { Accept: "application/json" } });
    } catch {
      say(form.dataset.away);
      plan(RETRY);
      return;
    }
    if (!(response.headers.get("Content-Type") || "").includes("application/json")) {
      say(response.status >= 500 ? form.dataset.away : form.dataset.old);
      if (response.status >= 500) plan(RETRY);
      return;
    }
    const answer = await response.json();
    say(answer.message, answer.code);
    if (!response.ok) {
      stopped = answer.code !== "signed_out";
      if (answer.kept) copies.drop(key);
      return;
    }
    form.elements.version.value = answer.version;
    if (answer.complete && sent === JSON.stringify(typedIn(form))) {
      copies.drop(key);
      form.dispatchEvent(new Event("saved"));
    }
  };

  const save = () => {
    if (stopped || flight) return;
    flight = send().finally(() => {
      flight = null;
      if (changed) plan(PAUSE);
    });
  };

  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  form.addEventListener("input", (event) => {
    if (event.target?.name?.startsWith("milestone-")) return;
    changed = true;
    copies.write(key, typedIn(form));
    if (!stopped) say(form.dataset.typing);
    plan(PAUSE);
  });

  // A filing waits for the saving that is under way: it would be taken for somebody else's.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    clearTimeout(timer);
    if (!flight) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    flight.then(() => {
      changed = false;
      clearTimeout(timer);
      (event.submitter || form.querySelector("[name=action]")).click();
    });
  }, true);

  offer(form, key, () => plan(0));
  // What was typed before this file arrived counts too; what a browser brings back with an old page does not.
  const altered = (each) => each.value !== (each.defaultValue ?? each.value) || each.checked !== each.defaultChecked;
  const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  if (arrived && [...form.elements].some(altered)) form.dispatchEvent(new Event("input"));
}

/** Text that is newer than what the server has, and differs from it, is offered back. */
function offer(form, key, save) {
  const copy = copies.read(key);
  const box = form.querySelector("[data-offer]");
  const now = typedIn(form);
  const savedAt = Date.parse(form.dataset.savedAt) || 0;
  const differing = copy ? Object.keys(copy.fields).filter((name) => copy.fields[name] !== (now[name] ?? "")) : [];
  if (!differing.length || copy.at < savedAt || form.dataset.typed !== undefined) {
    if (copy && form.dataset.typed === undefined) copies.drop(key);
    return;
  }
  box.querySelector("[data-time]").textContent = new Date(copy.at).toTimeString().slice(0, 5);
  box.querySelector("[data-kept]").textContent = differing.map((name) => copy.fields[name]).join("\n");
  box.hidden = false;
  box.querySelector("[data-use]").addEventListener("click", () => {
    for (const name of differing) {
      const control = form.elements[name];
      if (control) control.value = copy.fields[name];
      control?.closest?.("details")?.setAttribute("open", "");
    }
    form.dispatchEvent(new Event("input"));
    form.dispatchEvent(new Event("change"));
    save();
  });
  box.querySelector("[data-discard]").addEventListener("click", () => copies.drop(key));
  for (const button of box.querySelectorAll("button")) button.addEventListener("click", () => (box.hidden = true));
}

for (const form of document.querySelectorAll("form[data-autosave]")) autosave(form);
