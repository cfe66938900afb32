// The slider through a target's time.  Without this the strip's links and the steps below it do
// the same.

const DAY = 86400000;

for (const place of document.querySelectorAll("[data-slide]")) {
  const slider = place.querySelector("input");
  const told = place.querySelector("output");
  const begins = Date.parse(`${place.dataset.begins}T00:00:00Z`);
  const spans = [...document.querySelectorAll(".strip rect.listed")].map((one) => [
    Date.parse(one.dataset.begins),
    one.dataset.ends ? Date.parse(one.dataset.ends) : Infinity,
  ]);
  const mark = document.querySelector(".strip line.mark");

  const day = () => new Date(begins + Number(slider.value) * DAY).toISOString().slice(0, 10);
  const say = () => {
    const here = slider.value === slider.defaultValue; // not its day's end, but the page's moment
    const at = here ? Date.parse(place.dataset.at) : Date.parse(`${day()}T23:59:59Z`);
    const listed = spans.some(([from, until]) => from <= at && at < until);
    told.textContent = `${day()}: ${listed ? place.dataset.listed : place.dataset.not}`;
    slider.setAttribute("aria-valuetext", told.textContent);
  };

  const show = (share) => {
    say();
    for (const end of ["x1", "x2"]) mark.setAttribute(end, share);
  };

  const asOf = mark.getAttribute("x1");
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    slider.value = slider.defaultValue; // who comes back is told what the page tells
    show(asOf);
  });
  slider.addEventListener("input", () => {
    show(`${(100 * Number(slider.value)) / Number(slider.max)}%`);
  });
  slider.addEventListener("change", () => {
    const asked = new URLSearchParams(window.location.search);
    for (const pinned of ["snapshot", "version"]) asked.delete(pinned);
    asked.set("at", day());
    window.location.search = asked;
  });
  say();
  place.hidden = false;
}
