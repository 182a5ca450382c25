// The table of incidents: which rows are shown, in which order, which one is chosen.

/** @typedef {import("./state.js").State} State */
/** @typedef {{id: string, t: number, kind: string, result: string, p: number, row: HTMLTableRowElement, link: HTMLAnchorElement}} Item */

const RESULTS = ["violation", "indeterminate", "notified", "no_term", "not_upheld"];
const ORDER = {
  time: (a, b) => a.t - b.t,
  kind: (a, b) => a.kind.localeCompare(b.kind),
  place: (a, b) => a.row.dataset.place.localeCompare(b.row.dataset.place),
  p: (a, b) => b.p - a.p,
  result: (a, b) => RESULTS.indexOf(a.result) - RESULTS.indexOf(b.result),
  finding: (a, b) => a.row.dataset.finding.localeCompare(b.row.dataset.finding),
};

/** @param {HTMLTableElement} table @returns {Item[]} */
export function readItems(table) {
  return [...table.tBodies[0].rows].map((row) => ({
    id: row.id,
    t: Number(row.dataset.t),
    kind: row.dataset.kind,
    result: row.dataset.result,
    p: Number(row.dataset.p),
    row,
    link: row.querySelector("a"),
  }));
}

/** Everything but the window. @param {Item} item @param {State} state */
export function takes(item, state) {
  return (
    (!state.kinds.size || state.kinds.has(item.kind)) &&
    (!state.results.size || state.results.has(item.result)) &&
    item.p >= state.pmin
  );
}

/** @param {Item} item @param {State} state */
export function inWindow(item, state) {
  return (state.from === null || item.t >= state.from) && (state.to === null || item.t < state.to);
}

/** Show what is asked for and say how many of how many. @param {Item[]} items @param {State} state @returns {Item[]} */
export function show(items, state) {
  const shown = [];
  for (const item of items) {
    const taken = takes(item, state) && inWindow(item, state);
    item.row.hidden = !taken;
    if (taken) shown.push(item);
  }
  document.getElementById("count").textContent = `showing ${shown.length} of ${items.length}`;
  document.getElementById("none").hidden = shown.length > 0;
  return shown;
}

/** @param {HTMLTableElement} table @param {Item[]} items @param {State} state */
export function sort(table, items, state) {
  const compare = ORDER[state.sort] ?? ORDER.time;
  const turn = state.desc ? -1 : 1;
  items.sort((a, b) => turn * compare(a, b) || a.t - b.t || a.id.localeCompare(b.id));
  table.tBodies[0].append(...items.map((i) => i.row));
  for (const link of table.tHead.querySelectorAll("[data-sort]")) {
    const heading = link.closest("th");
    if (link.dataset.sort === state.sort) heading.setAttribute("aria-sort", state.desc ? "descending" : "ascending");
    else heading.removeAttribute("aria-sort");
  }
}

/** Mark a row as chosen and bring it into view. @param {Item[]} items @param {string} id */
export function mark(items, id) {
  for (const item of items) {
    const chosen = item.id === id;
    item.row.classList.toggle("chosen", chosen);
    if (chosen) {
      item.link.setAttribute("aria-current", "true");
      item.row.scrollIntoView({ block: "nearest" });
    } else item.link.removeAttribute("aria-current");
  }
}
