// The map's signs, drawn on a canvas: the same shapes as in the legend.

const SIZE = 20;
const SCALE = 2;

/** @typedef {Record<string, string>} Palette colours by the name of their custom property, without dashes */

const NAMES = [
  "sea", "unknown", "land", "shore", "river", "line", "zone", "dark", "hatch", "halo", "chosen",
  "violation", "indeterminate", "notified", "no_term", "not_upheld", "sensor", "sensor-out", "sensor-fill",
];

/** Colours come from the style sheet, so that light and dark are decided in one place. @returns {Palette} */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((n) => [n, style.getPropertyValue(`--map-${n.replace("_", "-")}`).trim()]));
}

/** @param {import("./vendor/maplibre-gl.mjs").Map} map @param {Palette} colours */
export function addSigns(map, colours) {
  for (const [name, draw] of Object.entries(SIGNS)) {
    if (!map.hasImage(name)) map.addImage(name, image(SIZE, (c) => draw(c, colours)), { pixelRatio: SCALE });
  }
  if (!map.hasImage("hatch")) map.addImage("hatch", image(8, (c) => hatch(c, colours)), { pixelRatio: SCALE });
}

const SIGNS = {
  violation: (c, k) => disc(c, 5, k.violation, k.halo, true),
  indeterminate: (c, k) => disc(c, 4.6, k.indeterminate, k.halo, false),
  notified: (c, k) => {
    c.fillStyle = k.halo;
    c.fillRect(-5.5, -5.5, 11, 11);
    c.fillStyle = k.notified;
    c.fillRect(-4.3, -4.3, 8.6, 8.6);
  },
  no_term: (c, k) => strokes(c, k.no_term, k.halo, [[-5, 0, 5, 0], [0, -5, 0, 5]]),
  not_upheld: (c, k) => strokes(c, k.not_upheld, k.halo, [[-5, 0, 5, 0]]),
  "sensor-operational": (c, k) => triangle(c, k.sensor, k.halo),
  "sensor-partly_out": (c, k) => {
    triangle(c, k["sensor-fill"], k["sensor-out"]);
    c.fillStyle = k["sensor-out"];
    c.beginPath();
    c.moveTo(-5, 4);
    c.lineTo(0, -5);
    c.lineTo(0, 4);
    c.fill();
  },
  "sensor-out": (c, k) => {
    triangle(c, k["sensor-fill"], k["sensor-out"]);
    strokes(c, k["sensor-out"], k["sensor-fill"], [[-6, 5, 6, -6]]);
  },
  "sensor-not_tasked": (c, k) => {
    c.fillStyle = k["sensor-out"];
    c.beginPath();
    c.arc(0, 0, 2, 0, 7);
    c.fill();
  },
};

function image(size, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * SCALE;
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.translate(size / 2, size / 2);
  draw(context);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function disc(c, radius, colour, halo, solid) {
  c.beginPath();
  c.arc(0, 0, radius + 1.2, 0, 7);
  c.fillStyle = halo;
  c.fill();
  c.beginPath();
  c.arc(0, 0, solid ? radius : radius - 0.7, 0, 7);
  c.fillStyle = c.strokeStyle = colour;
  c.lineWidth = 2.2;
  if (solid) c.fill();
  else c.stroke();
}

function strokes(c, colour, halo, lines) {
  for (const [width, style] of [[4.4, halo], [2.2, colour]]) {
    c.lineWidth = width;
    c.strokeStyle = style;
    c.beginPath();
    for (const [x1, y1, x2, y2] of lines) {
      c.moveTo(x1, y1);
      c.lineTo(x2, y2);
    }
    c.stroke();
  }
}

function triangle(c, fill, edge) {
  c.beginPath();
  c.moveTo(0, -5.5);
  c.lineTo(5.3, 4);
  c.lineTo(-5.3, 4);
  c.closePath();
  c.fillStyle = fill;
  c.strokeStyle = edge;
  c.lineWidth = 1.3;
  c.fill();
  c.stroke();
}

function hatch(c, k) {
  c.strokeStyle = k.hatch;
  c.lineWidth = 1;
  c.beginPath();
  for (const shift of [-8, 0, 8]) {
    c.moveTo(shift - 4, 4);
    c.lineTo(shift + 4, -4);
  }
  c.stroke();
}
