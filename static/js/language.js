/**
 * On a page in English: says of the words that stand there in Chinese that they are Chinese, so that they are read
 * out as such (WCAG 3.1.2). What people typed, and names that have no other, are in one language only.
 */

const RUN = /\p{Script=Han}(?:[\p{Script=Han}\u3000-\u303f\uff00-\uffef0-9.%·\-\s]*[\p{Script=Han}\u3000-\u303f\uff00-\uffef])?/gu;

const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = [];
while (walker.nextNode()) {
  const text = walker.currentNode;
  if (text.data.search(RUN) >= 0 && !text.parentElement.closest("[lang|=zh], textarea")) found.push(text);
}

for (const text of found) {
  const element = text.parentElement;
  const alone = element.childNodes.length === 1;
  if (alone && (text.data.replace(RUN, "").trim() === "" || element.matches("option, svg *"))) {
    element.setAttribute("lang", "zh-Hans");
  } else {
    mark(text);
  }
}

/** Puts each run of Chinese into an element of its own, and the whole into another: to its neighbours it stays one. */
function mark(text) {
  const whole = document.createElement("span");
  let end = 0;
  for (const run of text.data.matchAll(RUN)) {
    const chinese = document.createElement("span");
    chinese.lang = "zh-Hans";
    chinese.textContent = run[0];
    whole.append(text.data.slice(end, run.index), chinese);
    end = run.index + run[0].length;
  }
  whole.append(text.data.slice(end));
  text.replaceWith(whole);
}
