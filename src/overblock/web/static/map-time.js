// The map over time: a slider over the moments that the page lists, and a button that plays them.
// Words come with the page; what this writes is text, never markup.

const FRAME = 700, CALM_FRAME = 2000, SETTLED = 450; // milliseconds
const LIVE = ["figures", "steps", "within", "acts", "whose", "data", "cells", "marks", "crumbs"];
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const by = (id) => document.getElementById(id);
const map = by("map");
const base = map.dataset;
const moments = [...document.querySelectorAll("#stops a")];
const slider = by("slider"), player = by("play"), told = by("told");
let playing = 0, waiting = 0;

function tilesAt(place) {
  return base.tiles.replace(/[^/]+\/$/, `${moments[place].dataset.state}/`);
}

function pictureAt(place) {
  return `${tilesAt(place)}${base.level}/${base.x}/${base.y}@2x.png`;
}

function saying(moment) {
  return `${moment.textContent} · ${moment.nextElementSibling.textContent}`;
}

async function go(place) {
  slider.value = place;
  const moment = moments[place], picture = new Image();
  picture.src = pictureAt(place);
  told.textContent = saying(moment);
  slider.setAttribute("aria-valuetext", told.textContent);
  clearTimeout(waiting);
  await picture.decode().catch(() => null);
  if (+slider.value !== place) return;
  const detail = { tiles: tilesAt(place), picture: pictureAt(place) };
  map.dispatchEvent(new CustomEvent("moment", { detail }));
  for (const one of moments) one.removeAttribute("aria-current");
  moment.setAttribute("aria-current", "true");
  if (place + 1 < moments.length) new Image().src = pictureAt(place + 1);
  if (!playing) waiting = setTimeout(() => settle(moment.href), SETTLED);
}

async function settle(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok || playing) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const changed = LIVE.map((id) => [by(id), page.getElementById(id)]);
  changed.push([document.querySelector(".cite"), page.querySelector(".cite")]);
  for (const [old, fresh] of changed)
    if (old && fresh) old.replaceWith(document.importNode(fresh, true));
  by("at").value = page.getElementById("at").value;
  history.replaceState(null, "", address);
  map.dispatchEvent(new CustomEvent("settled"));
}

function pause() {
  clearInterval(playing);
  playing = 0;
  player.textContent = player.dataset.play;
  told.setAttribute("aria-live", "polite");
}

function play() {
  let place = +slider.value + 1 < moments.length ? +slider.value : -1;
  player.textContent = player.dataset.pause;
  told.setAttribute("aria-live", "off");
  const next = () => {
    place += 1;
    if (place + 1 >= moments.length) pause();
    go(place);
  };
  playing = setInterval(next, calm.matches ? CALM_FRAME : FRAME);
  next();
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
