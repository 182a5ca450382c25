// The time window: a histogram with two handles, for the mouse and for the keyboard.

import { HOUR } from "./times.js";

/** @typedef {{from: number | null, to: number | null}} Window */

const DAY = 24 * HOUR;
const BINS = [HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY];
const MOST_BINS = 240;
const SVG = "http://www.w3.org/2000/svg";
const UNITS = new Map([[HOUR, "hour"], [3 * HOUR, "3 hours"], [6 * HOUR, "6 hours"], [DAY, "day"], [7 * DAY, "week"], [30 * DAY, "30 days"]]);

export class Brush {
  /**
   * @param {HTMLElement} host
   * @param {{from: number, to: number, now: number}} period
   * @param {(ms: number) => string} clock writes a moment
   * @param {(window: Window) => void} changed
   */
  constructor(host, period, clock, changed) {
    this.clock = clock;
    this.period = period;
    this.changed = changed;
    this.bin = BINS.find((b) => (period.to - period.from) / b <= MOST_BINS) ?? BINS.at(-1);
    this.n = Math.max(1, Math.ceil((period.to - period.from) / this.bin));
    this.end = period.from + this.n * this.bin;
    this.window = { from: period.from, to: this.end };
    this.build(host);
  }

  build(host) {
    host.hidden = false;
    host.innerHTML = "";
    this.said = element("p", { class: "window-text", role: "status" });
    const quick = element("p", { class: "quick" });
    for (const [label, hours] of [["last 1 h", 1], ["6 h", 6], ["24 h", 24], ["all", 0]]) {
      const button = element("button", { type: "button" }, label);
      button.addEventListener("click", () => this.last(hours));
      quick.append(button);
    }
    this.bars = document.createElementNS(SVG, "svg");
    this.bars.setAttribute("preserveAspectRatio", "none");
    this.bars.setAttribute("aria-hidden", "true");
    this.shade = element("div", { class: "shade" });
    this.left = this.handle("start of the window", "from");
    this.right = this.handle("end of the window", "to");
    this.strip = element("div", { class: "strip" });
    this.strip.append(this.bars, this.shade, this.left, this.right);
    this.ends = element("p", { class: "ends" });
    this.ends.append(
      element("span", {}, this.clock(this.period.from)),
      element("span", {}, `incidents per ${UNITS.get(this.bin)}`),
      element("span", {}, this.clock(this.end)),
    );
    const head = element("div", { class: "brush-head" });
    head.append(this.said, quick);
    host.append(head, this.strip, this.ends);
    this.shade.addEventListener("pointerdown", (event) => this.drag(event, "both"));
    this.strip.addEventListener("pointerdown", (event) => {
      if (event.target === this.strip || this.bars.contains(event.target)) this.sweep(event);
    });
    this.place();
  }

  handle(label, edge) {
    const handle = element("button", { type: "button", role: "slider", class: `handle ${edge}`, "aria-label": label });
    handle.addEventListener("pointerdown", (event) => this.drag(event, edge));
    handle.addEventListener("keydown", (event) => this.key(event, edge));
    return handle;
  }

  /** Last so many hours before now (or before the end of what was recorded); 0 for all. */
  last(hours) {
    const to = Math.min(this.period.now, this.end);
    this.set(hours ? { from: Math.max(this.period.from, to - hours * HOUR), to } : { from: null, to: null }, true);
  }

  /** @param {Window} window @param {boolean} tell */
  set(window, tell) {
    const from = window.from ?? this.period.from;
    const to = window.to ?? this.end;
    this.window = { from: clamp(from, this.period.from, this.end), to: clamp(to, this.period.from, this.end) };
    this.place();
    if (tell) this.changed(this.given());
  }

  /** @returns {Window} open where it reaches the edges of the period */
  given() {
    return {
      from: this.window.from <= this.period.from ? null : this.window.from,
      to: this.window.to >= this.end ? null : this.window.to,
    };
  }

  /** @param {number[]} times of everything that the other filters take */
  draw(times) {
    const counts = new Array(this.n).fill(0);
    for (const t of times) {
      const i = Math.floor((t - this.period.from) / this.bin);
      if (i >= 0 && i < this.n) counts[i] += 1;
    }
    const most = Math.max(1, ...counts);
    this.bars.setAttribute("viewBox", `0 0 ${this.n} 1`);
    this.bars.replaceChildren(
      ...counts.flatMap((count, i) => {
        if (!count) return [];
        const bar = document.createElementNS(SVG, "rect");
        const high = Math.max(0.06, count / most);
        for (const [name, value] of [["x", i + 0.08], ["y", 1 - high], ["width", 0.84], ["height", high]]) bar.setAttribute(name, value);
        return [bar];
      }),
    );
  }

  place() {
    const at = (ms) => ((ms - this.period.from) / (this.end - this.period.from)) * 100;
    const { from, to } = this.window;
    this.left.style.left = `${at(from)}%`;
    this.right.style.left = `${at(to)}%`;
    this.shade.style.left = `${at(from)}%`;
    this.shade.style.width = `${Math.max(0, at(to) - at(from))}%`;
    for (const [handle, value] of [[this.left, from], [this.right, to]]) {
      handle.setAttribute("aria-valuemin", "0");
      handle.setAttribute("aria-valuemax", String(Math.round((this.end - this.period.from) / HOUR)));
      handle.setAttribute("aria-valuenow", String(Math.round((value - this.period.from) / HOUR)));
      handle.setAttribute("aria-valuetext", this.clock(value));
    }
    const whole = from <= this.period.from && to >= this.end;
    this.said.textContent = whole ? "Window: everything recorded" : `Window: ${this.clock(from)} to ${this.clock(to)} local`;
  }

  key(event, edge) {
    const step = event.shiftKey || event.key.startsWith("Page") ? DAY : HOUR;
    const moves = { ArrowLeft: -step, ArrowDown: -step, PageDown: -step, ArrowRight: step, ArrowUp: step, PageUp: step };
    if (event.key === "Home" || event.key === "End") {
      this.move(edge, event.key === "Home" ? -Infinity : Infinity);
    } else if (event.key in moves) this.move(edge, moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.changed(this.given());
  }

  move(edge, by) {
    const { from, to } = this.window;
    if (edge === "from") this.window.from = clamp(from + by, this.period.from, to - HOUR);
    else if (edge === "to") this.window.to = clamp(to + by, from + HOUR, this.end);
    else {
      const shift = clamp(by, this.period.from - from, this.end - to);
      this.window = { from: from + shift, to: to + shift };
    }
    this.place();
  }

  drag(event, edge) {
    event.preventDefault();
    event.currentTarget.focus?.();
    const start = { x: event.clientX, ...this.window };
    this.follow(event.currentTarget, event.pointerId, (moved) => {
      this.window = { from: start.from, to: start.to };
      this.move(edge, this.hours(moved.clientX - start.x));
    });
  }

  /** Draw a new window over the histogram. */
  sweep(event) {
    event.preventDefault();
    const box = this.strip.getBoundingClientRect();
    const at = (x) => clamp(this.period.from + this.hours(x - box.left), this.period.from, this.end);
    const start = at(event.clientX);
    this.follow(this.strip, event.pointerId, (moved) => {
      const here = at(moved.clientX);
      if (here !== start) this.window = { from: Math.min(start, here), to: Math.max(start, here) };
      this.place();
    });
  }

  follow(host, pointer, moved) {
    host.setPointerCapture(pointer);
    const done = () => {
      host.removeEventListener("pointermove", moved);
      host.removeEventListener("pointerup", done);
      host.removeEventListener("pointercancel", done);
      this.changed(this.given());
    };
    host.addEventListener("pointermove", moved);
    host.addEventListener("pointerup", done);
    host.addEventListener("pointercancel", done);
  }

  /** Pixels as time, to whole hours where the strip is longer than two days, else to minutes. */
  hours(px) {
    const grain = this.end - this.period.from > 2 * DAY ? HOUR : HOUR / 60;
    const ms = (px / this.strip.getBoundingClientRect().width) * (this.end - this.period.from);
    return Math.round(ms / grain) * grain;
  }
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

function element(tag, attributes, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
