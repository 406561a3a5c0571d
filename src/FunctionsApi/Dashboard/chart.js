// A bar for each hour or day, in which what each endpoint admitted is stacked up, and on top what was refused.

import { sum } from './consumption.js';
import { number, requests, shape } from './text.js';

const height = 200, left = 44, right = 8, top = 8, bottom = 24;
const plotHeight = height - top - bottom;
const labelWidth = 72;

/**
 * @param {{series: object[], parts: object[]}} consumption
 * @param {number} width in pixels
 * @param {(part: object) => string} name of an hour or day
 */
export function chart({ series, parts }, width, name) {
  const highest = Math.max(...parts.map(total));
  const scale = scaleFor(highest);
  const step = (width - left - right) / parts.length;
  const everyNth = Math.ceil(labelWidth / step);
  return shape('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': description(parts, name) },
    ...scale.ticks.flatMap(tick => gridLine(tick, scale, width)),
    ...parts.map((part, place) => shape('g', { transform: `translate(${left + place * step} 0)` },
      shape('title', {}, tip(part, series, name)),
      shape('rect', { class: 'hover', y: top, width: step, height: plotHeight }),
      ...stack(part, series, scale, step),
      ...((parts.length - 1 - place) % everyNth === 0 ? [label(name(part), step, part === parts.at(-1))] : []))));
}

const total = part => part.refused + sum([...part.admitted.values()], count => count);

function description(parts, name) {
  const busiest = parts.reduce((most, part) => total(part) > total(most) ? part : most);
  return `Bar chart, ${name(parts[0])} to ${name(parts.at(-1))}. Most at ${name(busiest)}: ${requests(total(busiest))}. `
    + 'The table below has all figures.';
}

function tip(part, series, name) {
  const lines = series.filter(one => part.admitted.get(one.key)).map(one => `${one.name} ${number(part.admitted.get(one.key))}`);
  return [name(part), ...lines, ...(part.refused > 0 ? [`refused ${number(part.refused)}`] : [])].join('\n');
}

function stack(part, series, scale, step) {
  const bars = [];
  let base = 0;
  const put = (count, kind) => {
    if (count > 0)
      bars.push(shape('rect', {
        class: kind,
        x: step * 0.15,
        width: step * 0.7,
        y: scale.y(base + count),
        height: scale.y(base) - scale.y(base + count),
      }));
    base += count;
  };
  series.forEach((one, place) => put(part.admitted.get(one.key) ?? 0, one.kind));
  put(part.refused, 'refused');
  return bars;
}

const label = (text, step, isLast) => shape('text', {
  class: 'axis', x: isLast ? step : step / 2, y: height - 6, 'text-anchor': isLast ? 'end' : 'middle',
}, text);

const gridLine = (tick, scale, width) => [
  shape('line', { class: 'grid', x1: left, x2: width - right, y1: scale.y(tick), y2: scale.y(tick) }),
  shape('text', { class: 'axis', x: left - 6, y: scale.y(tick) + 4, 'text-anchor': 'end' }, short(tick)),
];

const short = new Intl.NumberFormat('en', { notation: 'compact' }).format;

/** An axis whose steps are 1, 2 or 5 times a power of ten, and whole. */
function scaleFor(highest) {
  const rough = Math.max(1, highest / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough);
  const steps = Math.max(1, Math.ceil(highest / step));
  return {
    ticks: Array.from({ length: steps + 1 }, (_, place) => place * step),
    y: count => top + plotHeight * (1 - count / (steps * step)),
  };
}
