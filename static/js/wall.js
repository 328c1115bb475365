// Renews the wall chart every minute without a flicker. With the server away the last picture stays, and says
// how old it is; an unchanged picture (304) is only told apart by its new time.

const EVERY = 60_000;
const away = document.getElementById("away");
let tag = "";

function told(moment) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

function stamp() {
  const time = document.getElementById("as-of");
  const now = new Date();
  time.dateTime = now.toISOString();
  time.textContent = told(now);
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("wall");
  if (!fresh) throw new Error("not the wall chart: signed out, perhaps");
  document.getElementById("wall").replaceWith(fresh);
}

async function renew() {
  try {
    const answer = await fetch(location.href, {
      headers: tag ? { "If-None-Match": tag } : {},
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
    });
    if (answer.status === 304) {
      stamp();
    } else if (answer.ok) {
      tag = answer.headers.get("ETag") || "";
      show(await answer.text());
    } else {
      throw new Error(String(answer.status));
    }
    away.hidden = true;
  } catch {
    const since = document.getElementById("as-of").textContent;
    away.textContent = away.dataset.text.replace("{time}", since);
    away.hidden = false;
  }
}

setInterval(renew, EVERY);
addEventListener("online", renew);
