// What a period comes to, in a few large figures and in a legend by endpoint.

import { isUsed, sumOf } from './consumption.js';
import { refusedStyle, styleOf, swatch, variable } from './colours.js';
import { element, number, words } from './text.js';

/** @param {Element} place */
export function showSummary(place, report) {
  const total = sumOf(report.totals);
  const shadow = Object.values(total.shadowRefused).reduce((sum, count) => sum + count, 0);
  place.replaceChildren(element('dl', {},
    figure('Admitted', total.admitted),
    figure('Refused', total.refused, byPolicy(total.refusedBy), total.refused > 0 ? 'bad' : ''),
    ...(shadow > 0 ? [figure('On trial: would be refused', shadow, byPolicy(total.shadowRefused))] : []),
    figure('Errors', total.errors),
    figure('LLM credits', total.credits)));
}

/** @param {Element} place a list */
export function showLegend(place, { series }) {
  const refused = series.reduce((sum, one) => sum + one.refused, 0);
  place.replaceChildren(
    ...series.filter(one => isUsed(one) && one.admitted > 0).map(one => entry(swatch(styleOf(one.name)), one.name, one.admitted)),
    ...(refused > 0 ? [entry(swatch(refusedStyle(), variable('--danger')), 'refused', refused)] : []));
}

const figure = (name, count, more = [], kind = '') => element('div', { class: kind },
  element('dt', {}, name),
  element('dd', {}, element('strong', {}, number(count)), ...more.map(line => element('span', { class: 'quiet' }, line))));

const byPolicy = counts => Object.entries(counts).sort(([, a], [, b]) => b - a).map(([policy, count]) => `${words(policy)} ${number(count)}`);

const entry = (mark, name, count) => element('li', {}, mark, `${name} `, element('strong', {}, number(count)));
