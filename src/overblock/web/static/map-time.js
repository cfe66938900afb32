// The map over time: a slider over the moments that the page lists, and a button that plays them.
// Words come with the page; what this writes is text, never markup.

const FRAME = 700, CALM_FRAME = 2000, SETTLED = 450; // milliseconds
const FIRST_PAUSE = 1000, LAST_PAUSE = 32000; // before what was refused is asked for again
const LIVE = ["figures", "steps", "within", "acts", "whose", "data", "cells", "marks", "crumbs"];
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const by = (id) => document.getElementById(id);
const map = by("map");
const base = map.dataset;
const moments = [...document.querySelectorAll("#stops a")];
const slider = by("slider"), player = by("play"), told = by("told");
let playing = false;
let turn = 0; // counts what was wanted: an answer to what is wanted no more is dropped

const rest = (time) => new Promise((done) => setTimeout(done, time));

function tilesAt(place) {
  return base.tiles.replace(/[^/]+\/$/, `${moments[place].dataset.state}/`);
}

function pictureAt(place) {
  return `${tilesAt(place)}${base.level}/${base.x}/${base.y}@2x.png`;
}

function saying(moment) {
  return `${moment.textContent} · ${moment.nextElementSibling.textContent}`;
}

// What is asked for again, ever later, until it comes; nothing once something else is wanted.
async function insist(ask, mine) {
  for (let wait = FIRST_PAUSE; wait <= LAST_PAUSE; wait *= 2) {
    const came = await ask().catch(() => null);
    if (mine !== turn) return null;
    if (came) return came;
    by("figures").ariaBusy = "true"; // they are of another moment
    await rest(wait);
    if (mine !== turn) return null;
  }
  return null;
}

function picture(address) {
  const made = new Image();
  made.src = address;
  return made.decode().then(() => made);
}

async function page(address) {
  const answer = await fetch(address);
  return answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function go(place) {
  const mine = ++turn, moment = moments[place];
  slider.value = place;
  told.textContent = saying(moment);
  slider.setAttribute("aria-valuetext", told.textContent);
  if (!(await insist(() => picture(pictureAt(place)), mine))) return;
  const detail = { tiles: tilesAt(place), picture: pictureAt(place) };
  map.dispatchEvent(new CustomEvent("moment", { detail }));
  for (const one of moments) one.removeAttribute("aria-current");
  moment.setAttribute("aria-current", "true");
  if (place + 1 < moments.length) new Image().src = pictureAt(place + 1);
  if (!playing) settle(moment.href, mine);
}

async function settle(address, mine) {
  await rest(SETTLED);
  const fresh = mine === turn && (await insist(() => page(address), mine));
  if (!fresh) return;
  const changed = LIVE.map((id) => [by(id), fresh.getElementById(id)]);
  changed.push([document.querySelector(".cite"), fresh.querySelector(".cite")]);
  for (const [old, now] of changed) if (old && now) old.replaceWith(document.importNode(now, true));
  if (document.activeElement !== by("at")) by("at").value = fresh.getElementById("at").value;
  history.replaceState(null, "", address);
  map.dispatchEvent(new CustomEvent("settled"));
}

function pause() {
  playing = false;
  player.textContent = player.dataset.play;
  told.setAttribute("aria-live", "polite");
}

// The next moment comes when this one was seen, however long its picture takes.
async function play() {
  let place = +slider.value + 1 < moments.length ? +slider.value : -1;
  playing = true;
  player.textContent = player.dataset.pause;
  told.setAttribute("aria-live", "off");
  for (let mine = turn; playing && mine === turn; ) {
    place += 1;
    if (place + 1 >= moments.length) pause();
    const seen = go(place);
    mine = turn;
    await Promise.all([seen, rest(calm.matches ? CALM_FRAME : FRAME)]);
  }
}

if (moments.length > 1) {
  slider.max = moments.length - 1;
  const here = moments.findLastIndex((one) => +one.dataset.state.split("-")[0] <= +by("time").dataset.change);
  slider.value = Math.max(here, 0);
  told.textContent = saying(moments[slider.value]);
  slider.addEventListener("input", () => {
    if (playing) pause();
    go(+slider.value);
  });
  slider.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    player.click();
  });
  player.addEventListener("click", () => {
    if (!playing) return play();
    pause();
    go(+slider.value);
  });
  by("player").hidden = false;
}
