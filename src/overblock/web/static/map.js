// The map under a hand: zoom and pan over tiles, by wheel, fingers, buttons and keys.
// Words come with the page; what this writes is text, never markup.

const SIDE = 1024, DEEPEST = 12;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const by = (id) => document.getElementById(id);
const map = by("map");
const base = { level: +map.dataset.level, x: +map.dataset.x, y: +map.dataset.y };
const least = Math.max(SIDE / 4096, SIDE / 2 ** (16 - base.level)); // units across at the closest
let tilesAt = map.dataset.tiles;
let view = { x: 0, y: 0, w: SIDE }; // what is seen, and where it is on its way to:
let goal = view; // who asks twice within a frame gets both
let tiles = new Map();
let moving = 0, again = 0, tries = 0, shown = 0;

// --- where things are: the curve, as the server has it

function placeOf(x, y, order) {
  let place = 0;
  for (let level = order - 1; level >= 0; level--) {
    const right = (x >> level) & 1, down = (y >> level) & 1, inside = 2 ** level - 1;
    place = place * 4 + (right << 1) + (right ^ down);
    x &= inside;
    y &= inside;
    if (!down) {
      if (right) [x, y] = [x ^ inside, y ^ inside];
      [x, y] = [y, x];
    }
  }
  return place;
}

function networkAt(x, y, deeper) {
  const level = Math.min(base.level + deeper, 16), across = 2 ** (level - base.level);
  const clip = (at) => Math.min(Math.max(Math.floor((at / SIDE) * across), 0), across - 1);
  const column = base.x * across + clip(x), row = base.y * across + clip(y);
  const first = placeOf(column, row, level) * 4 ** (16 - level);
  const octets = [24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256);
  return octets.join(".") + (level < 16 ? `/${2 * level}` : "");
}

// --- tiles: finer pictures over the one that came with the page

function image(level, x, y, box) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "image");
  for (const [name, value] of Object.entries(box)) made.setAttribute(name, value);
  made.setAttribute("href", `${tilesAt}${level}/${x}/${y}.png`);
  by("tiles").append(made);
  return made;
}

function show() {
  const mine = ++shown;
  clearTimeout(again);
  map.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.w}`);
  map.style.setProperty("--near", view.w / SIDE);
  map.classList.toggle("zoomed", view.w < SIDE);
  map.classList.toggle("close", view.w < SIDE / 6);
  const scale = (map.clientWidth * Math.min(devicePixelRatio, 2)) / view.w;
  const wanted = Math.max(Math.ceil(Math.log2(scale * 0.75)) + 1, 0);
  const deeper = Math.min(wanted, DEEPEST - base.level);
  map.classList.toggle("sharp", scale > 2 ** deeper);
  if (deeper < 2 || view.w === SIDE) return forget(() => true);
  const size = SIDE / 2 ** deeper, level = base.level + deeper, now = new Map();
  const from = (at) => Math.max(Math.floor(at / size), 0);
  const to = (at) => Math.min(Math.ceil(at / size), 2 ** deeper);
  for (let y = from(view.y); y < to(view.y + view.w); y++)
    for (let x = from(view.x); x < to(view.x + view.w); x++) {
      const key = `${tilesAt}${level}/${x}/${y}`;
      now.set(key, tiles.get(key) ?? tile(level, x, y, size, deeper));
    }
  const old = tiles;
  tiles = new Map([...old, ...now]);
  Promise.all([...now.values()].map((one) => one.ready)).then((came) => {
    if (mine !== shown) return; // what is seen now decides: its tiles may still be on their way
    if (came.includes(false)) {
      if (tries < 6) again = setTimeout(show, 1000 * 2 ** tries++); // refused: once more, ever later
      return forget((key) => tiles.get(key).failed); // the coarse one stays
    }
    forget((key) => !now.has(key));
    by("tiles").firstElementChild.classList.add("under");
  });
}

function tile(level, x, y, size, deeper) {
  const box = { x: x * size, y: y * size, width: size, height: size };
  const made = image(level, base.x * 2 ** deeper + x, base.y * 2 ** deeper + y, box);
  const one = { made, failed: false };
  one.ready = new Promise((done) => {
    made.addEventListener("load", () => done(true), { once: true });
    made.addEventListener("error", () => done(!(one.failed = true)), { once: true });
  });
  return one;
}

function forget(which) {
  for (const [key, one] of tiles)
    if (which(key)) {
      one.made.remove();
      tiles.delete(key);
    }
  if (!tiles.size) by("tiles").firstElementChild.classList.remove("under");
}

// --- moving

function held(wanted) {
  const w = Math.min(Math.max(wanted.w, least), SIDE);
  const clip = (at) => Math.min(Math.max(at, 0), SIDE - w);
  return { x: clip(wanted.x), y: clip(wanted.y), w };
}

function move(wanted, smooth = false) {
  const from = view, to = goal = held(wanted), began = performance.now();
  cancelAnimationFrame(moving);
  tries = 0;
  const step = (now) => {
    const part = smooth && !calm.matches ? Math.min((now - began) / 180, 1) : 1;
    const between = (name) => from[name] + (to[name] - from[name]) * part * (2 - part);
    view = part < 1 ? { x: between("x"), y: between("y"), w: between("w") } : to;
    show();
    if (part < 1) moving = requestAnimationFrame(step);
    else tellSeen();
  };
  moving = requestAnimationFrame(step);
}

function zoom(by, at = { x: goal.x + goal.w / 2, y: goal.y + goal.w / 2 }, smooth = true) {
  const w = Math.min(Math.max(goal.w * by, least), SIDE), kept = w / goal.w;
  move({ x: at.x - (at.x - goal.x) * kept, y: at.y - (at.y - goal.y) * kept, w }, smooth);
}

function tellSeen() {
  const deeper = Math.floor(Math.log2(SIDE / goal.w) + 0.001);
  const seen = networkAt(goal.x + goal.w / 2, goal.y + goal.w / 2, Math.min(deeper, DEEPEST - base.level));
  const link = by("seen");
  const wanted = new URL(location.href);
  wanted.searchParams.set("network", seen);
  link.hidden = deeper < 1;
  link.href = wanted.href;
  link.textContent = `${link.dataset.says} ${seen}`;
}

function pointed(event, on = goal) {
  const box = map.getBoundingClientRect();
  const part = on.w / box.width;
  return { x: on.x + (event.clientX - box.left) * part, y: on.y + (event.clientY - box.top) * part };
}

const fingers = new Map();
let dragged = false;
map.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  fingers.set(event.pointerId, event);
  dragged = fingers.size > 1;
});
map.addEventListener("pointermove", (event) => {
  if (!event.buttons) fingers.delete(event.pointerId); // let go where nobody told us
  const spot = pointed(event, view), before = fingers.get(event.pointerId);
  by("under").textContent = networkAt(spot.x, spot.y, Math.max(8, Math.floor(Math.log2(SIDE / view.w)) + 8));
  if (!before) return;
  const part = goal.w / map.getBoundingClientRect().width;
  const step = { x: (event.clientX - before.clientX) * part, y: (event.clientY - before.clientY) * part };
  if (!dragged && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < 5) return;
  if (fingers.size === 2) {
    const [other] = [...fingers.values()].filter((one) => one.pointerId !== event.pointerId);
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    zoom(apart(before) / Math.max(apart(event), 1), pointed(other), false);
  } else if (goal.w < SIDE) {
    if (!dragged) map.setPointerCapture(event.pointerId);
    move({ x: goal.x - step.x, y: goal.y - step.y, w: goal.w });
  }
  dragged = true;
  fingers.set(event.pointerId, event);
});
for (const name of ["pointerup", "pointercancel"])
  addEventListener(name, (event) => fingers.delete(event.pointerId));
map.addEventListener("click", (event) => dragged && event.preventDefault(), true);
map.addEventListener("dragstart", (event) => event.preventDefault());
map.addEventListener("wheel", (event) => {
  if (event.deltaY > 0 && goal.w === SIDE) return; // the page may scroll
  event.preventDefault();
  zoom(2 ** (Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY) / 240, 0.5)), pointed(event), false);
}, { passive: false });
map.addEventListener("keydown", (event) => {
  const step = goal.w / 4;
  const keys = {
    ArrowLeft: () => move({ ...goal, x: goal.x - step }, true),
    ArrowRight: () => move({ ...goal, x: goal.x + step }, true),
    ArrowUp: () => move({ ...goal, y: goal.y - step }, true),
    ArrowDown: () => move({ ...goal, y: goal.y + step }, true),
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    Home: () => move({ x: 0, y: 0, w: SIDE }, true),
    Enter: () => {
      tellSeen(); // of where the map is on its way to
      if (!by("seen").hidden) by("seen").click();
    },
  };
  if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
by("closer").addEventListener("click", () => zoom(0.5));
by("farther").addEventListener("click", () => zoom(2));
by("whole").addEventListener("click", () => move({ x: 0, y: 0, w: SIDE }, true));
map.tabIndex = 0;
by("controls").hidden = false;
addEventListener("resize", show);

// --- another moment: the slider beside it says which pictures to show

map.addEventListener("moment", ({ detail }) => {
  tilesAt = detail.tiles;
  tries = 0;
  by("tiles").firstElementChild.setAttribute("href", detail.picture);
  show();
});
map.addEventListener("settled", tellSeen);
