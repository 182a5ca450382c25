// Keys of a page; never while somebody types, never together with Ctrl, Alt or Meta, and only as long as they are wanted.

const OFF = "trucewatch-keys-off";

/** @param {Record<string, (event: KeyboardEvent) => void | false>} keys by the character; false: left to the browser */
export function listenForKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target) || !wanted()) return;
    const act = keys[event.key];
    if (act && !document.querySelector("dialog[open]") && act(event) !== false) event.preventDefault();
  });
}

/** Let a box turn the keys off and on, for those whom they disturb (WCAG 2.1.4). @param {HTMLInputElement} box */
export function offerSwitch(box) {
  box.checked = wanted();
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "" : "off"));
}

function wanted() {
  return localStorage.getItem(OFF) !== "off";
}

function typing(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(element.type);
}
