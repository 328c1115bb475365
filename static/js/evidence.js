/** Files by drop or picker, one request each with its progress. Without this the form sends them all at once. */

const MEGABYTE = 1024 * 1024;

function line(list, name) {
  const item = document.createElement("li");
  const label = document.createElement("bdi");
  const bar = document.createElement("progress");
  const words = document.createElement("span");
  item.className = "between";
  label.textContent = name;
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", name);
  words.className = "small text-red";
  item.append(label, bar, words);
  list.append(item);
  list.hidden = false;
  return { item, bar, words };
}

function send(form, file, shown) {
  const body = new FormData(form);
  body.delete("uploads");
  body.append("uploads", file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) shown.bar.value = (100 * event.loaded) / event.total;
    });
    const failed = () => {
      shown.words.textContent = form.dataset.failed;
      shown.bar.remove();
      resolve(null);
    };
    request.addEventListener("load", () => {
      if (request.status !== 200 && request.status !== 422) return failed();
      shown.item.remove();
      return resolve(request.responseText);
    });
    request.addEventListener("error", failed);
    request.send(body);
  });
}

function notes(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.querySelectorAll("[role=alert] li")].map((item) => item.textContent);
}

for (const form of document.querySelectorAll("form[data-evidence]")) {
  const files = form.parentElement.querySelector("[data-evidence-files]");
  const list = form.querySelector("[data-progress]");
  const picker = form.querySelector("input[type=file]");
  form.querySelector("[data-send]").hidden = true;
  form.querySelector("[data-drop-hint]").hidden = false;

  const addAll = async (chosen) => {
    list.replaceChildren();
    for (const file of chosen) {
      const shown = line(list, file.name);
      if (file.size > Number(form.dataset.maxFile) * MEGABYTE) {
        shown.words.textContent = form.dataset.large;
        shown.bar.remove();
        continue;
      }
      // In turn, so that the limit for all of them together is kept and each refusal is told.
      const html = await send(form, file, shown);
      if (html === null) continue;
      const wrong = notes(html);
      files.innerHTML = html;
      files.querySelector("[role=alert]")?.closest(".card-body").remove();
      for (const text of wrong) {
        const refused = line(list, "");
        refused.words.textContent = text;
        refused.bar.remove();
      }
    }
    list.hidden = list.children.length === 0;
    picker.value = "";
  };

  picker.addEventListener("change", () => addAll([...picker.files]));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("evidence-over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    form.addEventListener(name, () => form.classList.remove("evidence-over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    addAll([...event.dataTransfer.files]);
  });
}
