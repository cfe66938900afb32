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
