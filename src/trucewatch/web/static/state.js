// What the operations page shows, and its form in the address.

/**
 * @typedef {object} State
 * @property {Set<string>} kinds empty: all
 * @property {Set<string>} results empty: all
 * @property {number} pmin
 * @property {number | null} from milliseconds since 1970, null: the whole period
 * @property {number | null} to
 * @property {string} sort
 * @property {boolean} desc
 * @property {string} source size of event of the not-observed layer, "" for the first
 * @property {string} selected incident id, "" for none
 */


/** @param {URL | Location} address @returns {State} */
export function readAddress(address) {
  const query = new URLSearchParams(address.search);
  return {
    kinds: new Set(query.getAll("kind").filter(Boolean)),
    results: new Set(query.getAll("result").filter(Boolean)),
    pmin: Number(query.get("pmin")) || 0,
    from: moment(query.get("from")),
    to: moment(query.get("to")),
    sort: query.get("sort") || "time",
    desc: query.get("order") === "desc",
    source: query.get("source") || "",
    selected: decodeURIComponent(address.hash.slice(1)),
  };
}

/** @param {State} state @returns {string} the query without "?" */
export function writeQuery(state) {
  const query = new URLSearchParams();
  for (const kind of state.kinds) query.append("kind", kind);
  for (const result of state.results) query.append("result", result);
  if (state.pmin > 0) query.set("pmin", String(state.pmin));
  if (state.from !== null) query.set("from", rfc3339(state.from));
  if (state.to !== null) query.set("to", rfc3339(state.to));
  if (state.sort !== "time") query.set("sort", state.sort);
  if (state.desc) query.set("order", "desc");
  if (state.source) query.set("source", state.source);
  return query.toString();
}

/** Keep the address in step, so that a reload or a link shows the same. @param {State} state */
export function keep(state) {
  const query = writeQuery(state);
  const hash = state.selected ? `#${encodeURIComponent(state.selected)}` : "";
  history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${hash}`);
}

/** @param {State} state @returns {string} query of the window alone */
export function windowQuery(state) {
  return writeQuery({ ...state, kinds: new Set(), results: new Set(), pmin: 0, sort: "time", desc: false });
}

/** @param {number} ms @returns {string} RFC 3339, UTC, no fraction where there is none */
export function rfc3339(ms) {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** A time without a zone is UTC, as the page says. @param {string | null} text @returns {number | null} */
export function moment(text) {
  if (!text || !text.trim()) return null;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text.trim()) ? text.trim() : `${text.trim()}${text.includes("T") ? "" : "T00:00"}Z`;
  const ms = Date.parse(zoned);
  return Number.isNaN(ms) ? null : ms;
}

