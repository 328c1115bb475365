/** Comforts of a report's form: what is only asked for sometimes unfolds when the answers call for it. */

// Words that the server gave back unsaved count as typed: leaving asks first.
for (const form of document.querySelectorAll("form[data-unsaved][data-typed]")) {
  form.dispatchEvent(new Event("input"));
}

// 85.5, "８５．５％": as the server reads it; NaN for anything else, and every comparison with it is false.
const figure = (text) => {
  const plain = (text || "").normalize("NFKC").replace("%", "").trim();
  return plain === "" ? NaN : Number(plain);
};

for (const form of document.querySelectorAll("form[data-behind]")) {
  const behind = form.querySelector("[data-asked=behind]");
  const correction = form.querySelector("[data-asked=correction]");
  const { plan, before } = form.dataset;
  const unfold = () => {
    const light = form.querySelector("input[name=own_light]:checked")?.value;
    const actual = figure(form.elements.actual_percent.value);
    const far = actual - figure(plan) < -Number(form.dataset.behind);
    if (light === "yellow" || light === "red" || far) behind.open = true;
    if (correction && actual < figure(before)) correction.open = true;
  };
  form.addEventListener("change", unfold);
  form.querySelector("[data-asked=none]").addEventListener("toggle", (event) => {
    if (event.target.open) event.target.querySelector("textarea").focus();
  });
}
