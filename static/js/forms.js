/** Comforts of every form. The server refuses what is doubled, too long or wrong without any of this. */

// A second click while the first is under way sends nothing more.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    // After this event, so that the clicked button's name still travels with the form.
    setTimeout(() => {
      for (const button of form.querySelectorAll("[type=submit], button:not([type])")) {
        button.setAttribute("aria-disabled", "true");
      }
    });
  });
  // Back to a page kept in memory: it can be sent again.
  window.addEventListener("pageshow", () => {
    sent = false;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  });
}

// Leaving with words typed and not saved asks first.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let dirty = false;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  form.addEventListener("saved", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => {
    if (dirty) {
      event.preventDefault();
      event.returnValue = "";
    }
  });
}

// 38 / 500, counted as people count: an emoji is one.
for (const field of document.querySelectorAll("[data-limit]")) {
  const control = field.querySelector("textarea, input");
  const limit = Number(field.dataset.limit);
  const counter = document.createElement("span");
  counter.className = "counter";
  const count = () => {
    const length = [...control.value].length;
    counter.textContent = `${length} / ${limit}`;
    counter.classList.toggle("counter-over", length > limit);
  };
  control.after(counter);
  control.addEventListener("input", count);
  count();
}

// On a phone the list comes first; the fold says how many filters are set. One that is not does not clutter the address.
for (const box of document.querySelectorAll("details[data-filters]")) {
  if (window.matchMedia("(max-width: 700px)").matches) box.open = false;
  const form = box.querySelector("form");
  form.addEventListener("submit", () => {
    for (const control of form.elements) {
      if (control.name && control.value === "") control.disabled = true;
    }
    setTimeout(() => {
      for (const control of form.elements) control.disabled = false;
    });
  });
}

// What is wrong is read first.
document.querySelector("[data-errors]")?.focus();
