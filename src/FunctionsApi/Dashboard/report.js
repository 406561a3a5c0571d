// Consumption hour by hour or day by day: a legend, a chart and a table.

import { chart } from './chart.js';
import { consumption, isUsed, sum } from './consumption.js';
import { table } from './table.js';
import { element, number } from './text.js';

/** Of a chart, in pixels. */
const narrowest = 240;

/**
 * @param {Element} place
 * @param {object} report of GET /api/v1/usage
 * @param {(part: object) => string} name of an hour or day
 */
export function showReport(place, report, name) {
  const [none, some, drawing, scroll] = ['.none', '.some', '.drawing', '.scroll'].map(selector => place.querySelector(selector));
  const figures = consumption(report);
  some.hidden = !figures.parts.some(isUsed);
  none.hidden = !some.hidden;
  if (some.hidden)
    return;
  // What can have the focus stays, and only what is in it is replaced.
  drawing.replaceChildren(legend(figures), chart(figures, Math.max(narrowest, drawing.clientWidth), name));
  scroll.replaceChildren(table(figures, scroll.getAttribute('aria-label'), name));
}

function legend({ series, parts }) {
  const refused = sum(parts, one => one.refused);
  return element('ul', { class: 'legend' },
    ...series.map(one => entry(one.kind, one.name, one.admitted)),
    ...(refused > 0 ? [entry('refused', 'refused', refused)] : []));
}

const entry = (kind, name, count) =>
  element('li', {}, element('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), `${name} `, element('strong', {}, number(count)));
