// The map: base without borders, agreement, what was not observed, sensors, incidents with their uncertainty.

import { LngLatBounds, Map as MapView, NavigationControl, ScaleControl } from "./vendor/maplibre-gl.mjs";
import { addSigns, palette } from "./signs.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const RESULTS = ["violation", "indeterminate", "notified", "no_term", "not_upheld"];

/** @typedef {{west: number, south: number, east: number, north: number}} Area */
/** @typedef {{choose: (id: string) => void, open: (id: string) => void}} Wishes */

export class IncidentMap {
  /** @param {HTMLElement} host @param {Area} area @param {Wishes} wishes */
  constructor(host, area, wishes) {
    this.host = host;
    this.wishes = wishes;
    this.marks = EMPTY;
    this.extents = EMPTY;
    this.towns = [];
    this.colours = palette();
    this.map = new MapView({
      container: host,
      style: this.style(),
      bounds: [[area.west, area.south], [area.east, area.north]],
      fitBoundsOptions: { padding: 12 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      fadeDuration: 0,
      renderWorldCopies: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.getCanvas().setAttribute("aria-label", "Map of the incidents; the same incidents are in the table");
    this.loaded = new Promise((done) => this.map.once("load", done));
    this.map.on("load", () => addSigns(this.map, this.colours));
    this.map.on("styleimagemissing", () => addSigns(this.map, this.colours));
    for (const begun of ["movestart", "dataloading"]) this.map.on(begun, () => host.setAttribute("aria-busy", "true"));
    this.map.on("idle", () => host.setAttribute("aria-busy", "false"));
    this.map.on("move", () => this.label());
    this.map.on("resize", () => this.label());
    this.listen();
    this.labels = document.createElement("div");
    this.labels.className = "towns";
    this.labels.setAttribute("aria-hidden", "true");
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    this.tip.setAttribute("aria-hidden", "true");
    host.append(this.labels, this.tip);
  }

  /** @param {object} base @param {object} agreement @param {object} places */
  async ground(base, agreement, places) {
    await this.loaded;
    if (!base.features.length) this.map.setPaintProperty("ground", "background-color", this.colours.unknown);
    this.map.getSource("base").setData(base);
    this.map.getSource("agreement").setData(agreement);
    this.towns = places.features.map((f) => ({ at: f.geometry.coordinates, name: f.properties.name }));
    this.label();
  }

  /** @param {object} collection every incident */
  setIncidents(collection) {
    const marks = [];
    const extents = [];
    for (const feature of collection.features) {
      const properties = { ...feature.properties, id: feature.id, region_95: undefined };
      const at = { type: "Feature", properties, geometry: feature.geometry };
      if (feature.geometry?.type === "Point") {
        marks.push(at);
        const region = feature.properties.region_95;
        if (region) extents.push({ ...at, geometry: region, properties: { ...properties, open: false } });
      } else if (feature.geometry) {
        extents.push({ ...at, properties: { ...properties, open: !feature.properties.range_known } });
        marks.push({ ...at, geometry: { type: "Point", coordinates: middle(feature.geometry.coordinates[0]) } });
      }
    }
    this.marks = { type: "FeatureCollection", features: marks };
    this.extents = { type: "FeatureCollection", features: extents };
  }

  /** @param {string} id whether it is anywhere on the map */
  has(id) {
    return this.marks.features.some((f) => f.properties.id === id);
  }

  /** @param {Set<string>} ids */
  async show(ids) {
    await this.loaded;
    const kept = (c) => ({ ...c, features: c.features.filter((f) => ids.has(f.properties.id)) });
    this.map.getSource("marks").setData(kept(this.marks));
    this.map.getSource("extents").setData(kept(this.extents));
  }

  /** Ways as lines, with the 95 % regions of both ends. @param {object} tracks */
  async setTracks(tracks) {
    await this.loaded;
    const ends = tracks.features.flatMap((f) =>
      [f.properties.region_95_first, f.properties.region_95_last].filter(Boolean).map((geometry) => ({ type: "Feature", properties: {}, geometry })),
    );
    const ways = tracks.features.map((f) => ({ ...f, properties: { text: trackText(f), sure: f.properties.p_exists >= 0.9 } }));
    this.map.getSource("tracks").setData({ type: "FeatureCollection", features: ways });
    this.map.getSource("track-ends").setData({ type: "FeatureCollection", features: ends });
  }

  /** @param {object} sensors */
  async setSensors(sensors) {
    await this.loaded;
    this.map.getSource("sensors").setData(sensors);
  }

  /** @param {object} coverage */
  async setCoverage(coverage) {
    await this.loaded;
    this.map.getSource("coverage").setData(coverage);
  }

  /** Ring one incident; move there only where it is out of view, or zoom to it. @param {string} id @param {boolean} near */
  async choose(id, near = false) {
    await this.loaded;
    this.map.setFilter("chosen", ["==", ["get", "id"], id]);
    const mark = this.marks.features.find((f) => f.properties.id === id);
    if (!mark) return;
    const at = mark.geometry.coordinates;
    if (near) this.map.fitBounds(this.around(id, at), { padding: 70, maxZoom: 15, animate: false });
    else if (!this.map.getBounds().contains(at)) this.map.jumpTo({ center: at });
  }

  around(id, at) {
    const box = new LngLatBounds(at, at);
    const extent = this.extents.features.find((f) => f.properties.id === id);
    for (const p of extent?.geometry.coordinates[0] ?? []) box.extend(p);
    return box;
  }

  /** Take the colours of the scheme that now holds. */
  async recolour() {
    await this.loaded;
    this.colours = palette();
    for (const name of this.map.listImages()) this.map.removeImage(name);
    addSigns(this.map, this.colours);
    for (const layer of this.style().layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name, value);
    }
  }

  listen() {
    this.map.on("click", "marks", (event) => this.wishes.choose(event.features[0].properties.id));
    this.map.on("dblclick", "marks", (event) => {
      event.preventDefault();
      this.wishes.open(event.features[0].properties.id);
    });
    this.map.on("mousemove", "marks", (event) => {
      const p = event.features[0].properties;
      this.say(event.point, `${p.kind.replaceAll("_", " ")}, ${p.time_utc}\n${p.place}\n${p.existence}`);
    });
    this.map.on("mousemove", "sensors", (event) => {
      const p = event.features[0].properties;
      this.say(event.point, `${p.id}: ${p.state.replaceAll("_", " ")}\n${JSON.parse(p.reasons || "[]").join("\n")}`.trim());
    });
    this.map.on("mousemove", "tracks", (event) => this.say(event.point, event.features[0].properties.text));
    for (const layer of ["marks", "sensors", "tracks"]) {
      this.map.on("mouseleave", layer, () => {
        this.tip.hidden = true;
        this.map.getCanvas().style.cursor = "";
      });
    }
  }

  say(point, text) {
    this.tip.hidden = false;
    this.tip.textContent = text;
    this.tip.style.left = `${point.x + 12}px`;
    this.tip.style.top = `${point.y + 12}px`;
    this.map.getCanvas().style.cursor = "pointer";
  }

  /** Name the largest towns in view whose names do not cover one another. */
  label() {
    const { width, height } = this.map.getCanvas().getBoundingClientRect();
    const taken = [];
    const made = [];
    for (const town of this.towns) {
      const { x, y } = this.map.project(town.at);
      const wide = 12 + 7 * town.name.length;
      if (x < 4 || y < 12 || x + wide > width || y > height - 12) continue;
      if (taken.some(([a, b, w]) => Math.abs(y - b) < 17 && x < a + w && a < x + wide)) continue;
      taken.push([x, y, wide]);
      const name = document.createElement("span");
      name.textContent = town.name;
      name.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
      made.push(name);
      if (made.length === 40) break;
    }
    this.labels.replaceChildren(...made);
  }

  style() {
    const k = this.colours;
    const byResult = ["match", ["get", "outcome"], ...RESULTS.flatMap((r) => [r, k[r]]), k.no_term];
    const of = (layer) => ["==", ["get", "layer"], layer];
    const source = () => ({ type: "geojson", data: EMPTY, tolerance: 0.1 });
    return {
      version: 8,
      sources: {
        base: source(), agreement: source(), coverage: source(), sensors: source(), extents: source(), marks: source(),
        tracks: source(), "track-ends": source(),
      },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": k.sea } },
        { id: "land", type: "fill", source: "base", filter: of("land"), paint: { "fill-color": k.land } },
        { id: "shore", type: "line", source: "base", filter: of("land"), paint: { "line-color": k.shore, "line-width": 0.8 } },
        { id: "lakes", type: "fill", source: "base", filter: of("lakes"), paint: { "fill-color": k.sea } },
        { id: "rivers", type: "line", source: "base", filter: of("rivers"), paint: { "line-color": k.river, "line-width": 1 } },
        { id: "zones", type: "fill", source: "agreement", filter: of("zone"), paint: { "fill-color": k.zone, "fill-opacity": 0.13 } },
        { id: "dark", type: "fill", source: "coverage", filter: ["get", "not_observed"], paint: { "fill-color": k.dark, "fill-opacity": 0.35, "fill-antialias": false } },
        { id: "hatch", type: "fill", source: "coverage", filter: ["get", "not_observed"], paint: { "fill-pattern": "hatch", "fill-antialias": false } },
        { id: "zone-edges", type: "line", source: "agreement", filter: of("zone"), paint: { "line-color": k.zone, "line-width": 1.2, "line-dasharray": [4, 2] } },
        { id: "lines", type: "line", source: "agreement", filter: of("line"), paint: { "line-color": k.line, "line-width": 2.4 } },
        { id: "track-ends", type: "fill", source: "track-ends", paint: { "fill-color": k.chosen, "fill-opacity": 0.16 } },
        { id: "tracks", type: "line", source: "tracks", paint: { "line-color": k.chosen, "line-width": ["case", ["get", "sure"], 2.4, 1.2] } },
        { id: "sensors", type: "symbol", source: "sensors", layout: { "icon-image": ["concat", "sensor-", ["get", "state"]], "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": 0.9 } },
        { id: "extents", type: "fill", source: "extents", paint: { "fill-color": byResult, "fill-opacity": 0.14 } },
        { id: "extent-edges", type: "line", source: "extents", filter: ["!", ["get", "open"]], paint: { "line-color": byResult, "line-width": 1.3 } },
        { id: "open-edges", type: "line", source: "extents", filter: ["get", "open"], paint: { "line-color": byResult, "line-width": 1.3, "line-dasharray": [3, 3] } },
        { id: "chosen", type: "circle", source: "marks", filter: ["==", ["get", "id"], ""], paint: { "circle-radius": 11, "circle-color": "rgba(0, 0, 0, 0)", "circle-stroke-width": 2.5, "circle-stroke-color": k.chosen } },
        { id: "marks", type: "symbol", source: "marks", layout: { "icon-image": ["get", "outcome"], "icon-allow-overlap": true, "icon-ignore-placement": true } },
      ],
    };
  }
}

/** What a track is, in the words of its file. @param {object} feature @returns {string} */
function trackText(feature) {
  const p = feature.properties;
  const crossed = p.crossings.map((c) => `crossed ${c.line} at ${c.time_utc} (${Math.round(100 * c.p)} %)`);
  const when = `${p.times_utc[0]} to ${p.times_utc[p.times_utc.length - 1]}`;
  return [`${p.kind.replaceAll("_", " ")}, ${when}`, p.existence, ...crossed].join("\n");
}

/** @param {number[][]} ring @returns {number[]} mean of its corners */
function middle(ring) {
  const corners = ring.slice(0, -1);
  return [0, 1].map((axis) => corners.reduce((sum, p) => sum + p[axis], 0) / corners.length);
}
