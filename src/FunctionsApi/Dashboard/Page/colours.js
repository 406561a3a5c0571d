// A colour and a pattern for each endpoint, the same in every chart: by colours alone those who cannot tell some of them apart would be
// lost. The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/); the style sheet has them. Its red is for refusals.

const known = ['infer', 'search', 'synthesize', 'events', 'crawl', 'summary', 'crawl-status'];

/** In steps of the pattern's square. A path is drawn over the colour. */
const patterns = [
  null,
  'M-2 2 L2 -2 M-2 10 L10 -2 M6 10 L10 6',
  'M4 2 V6 M2 4 H6',
  'M0 2 H8 M0 6 H8',
  'M-2 6 L2 10 M-2 -2 L10 10 M6 -2 L10 2',
  'M2 0 V8 M6 0 V8',
  'M0 4 H8 M4 0 V8',
];
const square = 8;

/** @returns {{colour: string, path: string | null}} */
export function styleOf(endpoint) {
  const place = known.includes(endpoint) ? known.indexOf(endpoint) : known.length + hash(endpoint);
  return { colour: variable(`--series-${place % 8}`), path: patterns[place % patterns.length] };
}

export const refusedStyle = () => ({ colour: variable('--card'), path: patterns[1], stroke: variable('--danger') });

/** As the style sheet has it, light or dark. */
export const variable = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @returns {string | CanvasPattern} to fill with */
export function fill({ colour, path, stroke = variable('--card') }) {
  if (path === null)
    return colour;
  const ratio = window.devicePixelRatio || 1;
  const tile = document.createElement('canvas');
  tile.width = tile.height = square * ratio;
  const context = tile.getContext('2d');
  context.scale(ratio, ratio);
  context.fillStyle = colour;
  context.fillRect(0, 0, square, square);
  context.strokeStyle = stroke;
  context.globalAlpha = stroke === variable('--danger') ? 1 : .6;
  context.lineWidth = 1.5;
  context.stroke(new Path2D(path));
  const pattern = context.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/** A legend's small square. */
export function swatch(style, border = style.colour) {
  const ratio = window.devicePixelRatio || 1, size = 14;
  const canvas = document.createElement('canvas');
  canvas.className = 'swatch';
  canvas.setAttribute('aria-hidden', 'true');
  canvas.width = canvas.height = size * ratio;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.fillStyle = fill(style);
  context.fillRect(0, 0, size, size);
  context.strokeStyle = border;
  context.lineWidth = 2;
  context.strokeRect(0, 0, size, size);
  return canvas;
}

function hash(text) {
  let value = 0;
  for (const character of text)
    value = (value * 31 + character.codePointAt(0)) % 1009;
  return value;
}
