// What every page has where scripts run; all pages work without.
//
// Copying: each text marked "copied" gets a button.  Words come from the page, never from here.

const words = document.body.dataset;

function copyButton(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = words.copied;
    } catch {
      getSelection().selectAllChildren(text); // not allowed to copy: let the visitor do it
    }
  });
  return button;
}

if (navigator.clipboard) {
  for (const text of document.querySelectorAll(".copied")) text.before(copyButton(text));
}

// The first page renews itself: it asks each minute whether anything is new, and loads the page
// again only then.  What the visitor is typing stays.

const EVERY = 60_000;
const live = document.getElementById("live");
const said = document.getElementById("said");

async function renew(page) {
  const answer = await fetch(page, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = fresh.getElementById("live");
  if (!now) return;
  const held = document.activeElement;
  if (live.contains(held)) return; // somebody is reading there by keyboard: next time
  live.replaceChildren(...now.childNodes);
  live.dataset.tag = now.dataset.tag; // only now: what could not be shown is asked for again
  said.dataset.lost = "";
  said.textContent = `${live.dataset.renewed} ${document.getElementById("as-of").textContent}`;
}

async function look() {
  if (document.hidden) return;
  try {
    const headers = { "If-None-Match": live.dataset.tag };
    const answer = await fetch(live.dataset.live, { cache: "no-store", headers });
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(`${answer.status}`);
      await renew(location.href);
    }
    if (said.dataset.lost) said.textContent = said.dataset.lost = "";
  } catch {
    said.textContent = said.dataset.lost = live.dataset.lost;
  }
}

if (live?.dataset.live) {
  look();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
