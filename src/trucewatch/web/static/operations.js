// The operations page: one state, shown by the list, the map, the time window and the address alike.

import { Brush } from "./brush.js";
import { listenForKeys, offerSwitch } from "./keys.js";
import { mark, readItems, show, sort, takes } from "./list.js";
import { keep, moment, readAddress, rfc3339, windowQuery } from "./state.js";
import { clockOf } from "./times.js";

const work = document.getElementById("work");
const form = document.getElementById("filters");
const table = document.getElementById("table");
const source = document.getElementById("source");
const items = readItems(table);
const state = readAddress(location);
const period = { from: Date.parse(work.dataset.from), to: Date.parse(work.dataset.to), now: Date.parse(work.dataset.now) };
let shown = items;
let map = null;
let asked = 0;

const brush = new Brush(document.getElementById("brush"), period, clockOf(work.dataset.zone), (window) => {
  Object.assign(state, window);
  fillForm();
  refresh(true);
});

/** Bring everything into step with the state. @param {boolean} windowed whether the window moved */
function refresh(windowed) {
  shown = show(items, state);
  brush.draw(items.filter((i) => takes(i, state)).map((i) => i.t));
  drawShown();
  keep(state);
  if (windowed) later();
}

/** Show the same incidents on the map, and say which of them have no place on it. */
function drawShown() {
  if (!map) return;
  map.show(new Set(shown.map((i) => i.id)));
  const without = shown.filter((i) => !map.has(i.id)).length;
  const note = document.getElementById("unplaced");
  note.hidden = !without;
  note.textContent = `${without} of the ${shown.length} incidents shown ${without === 1 ? "has" : "have"} no known place and ${without === 1 ? "is" : "are"} in the list only.`;
}

/** Ask for what depends on the window, once it rests. */
function later() {
  clearTimeout(asked);
  asked = setTimeout(surroundings, 150);
}

async function surroundings() {
  const query = windowQuery(state);
  const note = document.getElementById("coverage-note");
  const html = await (await fetch(`/effort?${query}`)).text();
  if (query !== windowQuery(state)) return;
  const effort = document.getElementById("effort");
  effort.innerHTML = html;
  document.getElementById("observed").textContent = effort.firstElementChild.dataset.observed;
  if (!map) return;
  const [sensors, coverage] = await Promise.all([json(`/api/sensors.geojson?${query}`), json(`/api/coverage?${query}`)]);
  if (query !== windowQuery(state)) return;
  await Promise.all([map.setSensors(sensors), map.setCoverage(coverage)]);
  note.textContent = coverage.features.length ? "" : "(not worked out for this window: choose at most 14 days)";
}

async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function fillForm() {
  form.elements.from.value = state.from === null ? "" : rfc3339(state.from);
  form.elements.to.value = state.to === null ? "" : rfc3339(state.to);
}

function readForm() {
  const checked = (name) => new Set([...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value));
  state.kinds = checked("kind");
  state.results = checked("result");
  state.pmin = Math.min(1, Math.max(0, Number(form.elements.pmin.value) || 0));
  state.from = moment(form.elements.from.value);
  state.to = moment(form.elements.to.value);
  brush.set(state, false);
  refresh(true);
}

/** @param {string} id @param {{focus?: boolean, near?: boolean}} how */
function choose(id, { focus = false, near = false } = {}) {
  state.selected = id;
  mark(items, id);
  if (focus) items.find((i) => i.id === id)?.link.focus({ preventScroll: true });
  map?.choose(id, near);
  keep(state);
}

function step(by) {
  if (!shown.length) return;
  const listed = items.filter((i) => !i.row.hidden);
  const at = listed.findIndex((i) => i.id === state.selected);
  const next = at < 0 ? (by > 0 ? 0 : listed.length - 1) : Math.min(listed.length - 1, Math.max(0, at + by));
  choose(listed[next].id, { focus: true });
}

function open() {
  items.find((i) => i.id === state.selected)?.link.click();
}

function listen() {
  form.addEventListener("change", readForm);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    readForm();
  });
  table.tHead.addEventListener("click", (event) => {
    const link = event.target.closest("[data-sort]");
    if (!link) return;
    event.preventDefault();
    state.desc = state.sort === link.dataset.sort && !state.desc;
    state.sort = link.dataset.sort;
    sort(table, items, state);
    keep(state);
  });
  table.tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !event.target.closest("a")) choose(row.id);
  });
  table.tBodies[0].addEventListener("focusin", (event) => {
    const row = event.target.closest("tr");
    if (row && row.id !== state.selected) choose(row.id);
  });
  source.addEventListener("change", () => {
    state.source = source.value;
    keep(state);
    surroundings();
  });
  const help = document.getElementById("help");
  offerSwitch(document.getElementById("keys-on"));
  document.getElementById("help-open").addEventListener("click", () => help.showModal());
  listenForKeys({
    j: () => step(1),
    k: () => step(-1),
    m: () => choose(state.selected, { near: true }),
    "?": () => help.showModal(),
    1: () => brush.last(1),
    6: () => brush.last(6),
    2: () => brush.last(24),
    0: () => brush.last(0),
    Enter: (event) => (event.target === document.body && state.selected ? open() : false),
  });
}

/** Without WebGL the drawn map takes its place. */
async function startMap() {
  const host = document.getElementById("map");
  host.hidden = false;
  try {
    const { IncidentMap } = await import("./map.js");
    const area = Object.fromEntries(["west", "south", "east", "north"].map((side) => [side, Number(work.dataset[side])]));
    const made = new IncidentMap(host, area, { choose, open: (id) => { choose(id); open(); } });
    const [base, agreement, places, incidents, tracks] = await Promise.all(
      ["base.geojson", "agreement.geojson", "places.geojson", "incidents.geojson", "tracks.geojson"].map((name) => json(`/api/${name}`)),
    );
    made.setIncidents(incidents);
    await made.ground(base, agreement, places);
    await made.setTracks(tracks);
    map = made;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => made.recolour());
    drawShown();
    if (state.selected) made.choose(state.selected);
    await surroundings();
    made.map.once("idle", () => { host.dataset.ready = "true"; });
    made.map.triggerRepaint();
  } catch (error) {
    host.hidden = true;
    const still = new Image();
    still.className = "still";
    still.alt = "Map of the mission's area. The same incidents are in the table.";
    still.src = `/map.svg${location.search}`;
    host.after(still);
    console.warn("the drawn map is shown instead of the movable one:", error);
  }
}

if (state.source) source.value = state.source;
state.source = source.value === source.options[0].value ? "" : source.value;
sort(table, items, state);
brush.set(state, false);
listen();
refresh(false);
if (items.some((i) => i.id === state.selected)) choose(state.selected);
else state.selected = "";
startMap();
