/** A plan entered as a curve: a dot that is dragged fills its field in, a field that is typed moves its dot. */

const DAY = 86_400_000;
const clamp = (number) => Math.min(100, Math.max(0, number));
const figure = (text) => {
  const plain = (text || "").normalize("NFKC").replace("%", "").trim();
  return plain === "" ? NaN : Number(plain);
};

for (const form of document.querySelectorAll("form[data-plan]")) {
  const curve = form.querySelector(".plan-curve");
  const plot = curve.querySelector(".curve-plot");
  const line = curve.querySelector(".chart-line");
  const first = Date.parse(curve.dataset.first);
  const span = Math.max(Date.parse(curve.dataset.last) - first, DAY);
  const fields = [...form.querySelectorAll("input[data-day]")];
  // What stays of the past: the dots that have no field.
  const kept = [...curve.querySelectorAll("[data-dot]")]
    .filter((dot) => !fields.some((field) => field.dataset.day === dot.dataset.dot))
    .map((dot) => [parseFloat(dot.getAttribute("cx")), parseFloat(dot.getAttribute("cy"))]);
  const dotOf = (field) => curve.querySelector(`[data-dot="${field.dataset.day}"]`);
  const draw = () => {
    const points = [...kept];
    for (const field of fields) {
      const percent = figure(field.value);
      if (Number.isNaN(percent)) continue;
      const x = (100 * (Date.parse(field.dataset.day) - first)) / span;
      points.push([x, 100 - clamp(percent)]);
      dotOf(field)?.setAttribute("cy", `${100 - clamp(percent)}%`);
    }
    points.sort((one, other) => one[0] - other[0]);
    line?.setAttribute("points", points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(1)}`).join(" "));
  };
  const drag = (field, dot) => {
    dot.dataset.drags = "";
    dot.addEventListener("pointerdown", (event) => {
      dot.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    dot.addEventListener("pointermove", (event) => {
      if (!dot.hasPointerCapture(event.pointerId)) return;
      const box = plot.getBoundingClientRect();
      field.value = String(Math.round(clamp(100 - (100 * (event.clientY - box.top)) / box.height)));
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };
  for (const field of fields) {
    const dot = dotOf(field);
    if (dot) drag(field, dot);
  }
  form.addEventListener("input", draw);
  const hint = form.querySelector("[data-drag-hint]");
  if (hint && fields.some(dotOf)) hint.hidden = false;
}
