// Makes a chart interactive once its reader asks for it: until then nothing of this is loaded but
// these lines.  The page works without them; its picture is drawn by the server.

let loading = null; // once for all charts; what failed may be tried again

function load(address) {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => done(window.vegaEmbed);
    script.onerror = () => failed((loading = null));
    document.head.append(script);
  });
  return loading;
}

// A point of a line in words.  Vega finds the nearest point by cells, whose own datum is the point.
function told(item, value) {
  const point = item?.datum?.datum;
  if (point?.line !== undefined) {
    const at = new Date(point.at).toISOString().slice(0, 16).replace("T", " ");
    const size = Number(point.ipv4).toLocaleString(document.documentElement.lang);
    return `${point.line}\n${at} UTC\nIPv4: ${size}`;
  }
  const parts = typeof value === "object" ? Object.entries(value) : [["", value]];
  return parts.map(([name, text]) => (name ? `${name}: ${text}` : text)).join("\n");
}

// What is pointed at, as plain text: values of a register are never read as HTML.
function tips() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  return (_, event, item, value) => {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    tip.textContent = told(item, value);
    const room = window.innerWidth - tip.offsetWidth - 16;
    tip.style.left = `${Math.max(0, Math.min(event.clientX + 14, room))}px`;
    tip.style.top = `${event.clientY + 14}px`;
  };
}

async function show(figure, button) {
  const stage = figure.querySelector(".stage");
  button.title ||= button.textContent;
  button.disabled = true;
  button.textContent = button.dataset.busy;
  try {
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const asked = `${button.dataset.spec}&theme=${dark ? "dark" : "light"}`;
    const [embed, answer] = await Promise.all([load(button.dataset.bundle), fetch(asked)]);
    if (!answer.ok) throw new Error(String(answer.status));
    stage.hidden = false;
    await embed(stage, await answer.json(), {
      actions: false,
      ast: true, // no code is made of texts, so the page's policy need not allow it
      defaultStyle: false,
      renderer: "svg",
      tooltip: tips(),
    });
    figure.querySelector(".scroll").hidden = true;
    button.remove();
    stage.tabIndex = -1;
    stage.focus();
  } catch {
    stage.hidden = true;
    button.textContent = button.dataset.failed;
    button.disabled = false; // who was refused for a moment asks once more
  }
}

for (const figure of document.querySelectorAll("[data-chart]")) {
  const button = figure.querySelector("button");
  if (!button) continue;
  button.hidden = false;
  button.addEventListener("click", () => show(figure, button));
}
