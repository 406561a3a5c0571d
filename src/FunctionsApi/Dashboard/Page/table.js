// The chart's figures as a table, for those who want them exactly or cannot see the chart. The newest comes first.

import { isUsed, sum } from './consumption.js';
import { element, number, words } from './text.js';

/**
 * @param {{series: object[], parts: object[], policies: string[]}} consumption
 * @param {string} caption
 * @param {(part: object) => string} name of an hour or day
 */
export function table({ series, parts, policies }, caption, name) {
  const columns = [
    ...series.map(one => ({ title: one.name, of: part => part.of.get(one.key)?.admitted ?? 0 })),
    { title: 'Refused', of: part => part.total.refused },
    ...policies.map(policy => ({ title: `by ${words(policy)}`, of: part => part.total.refusedBy[policy] ?? 0 })),
    { title: 'Errors', of: part => part.total.errors },
    { title: 'LLM credits', of: part => part.total.credits },
  ];
  const rows = parts.filter(part => isUsed(part.total)).reverse();
  return element('table', {},
    element('caption', {}, caption),
    element('thead', {}, row('Time', columns, column => element('th', { scope: 'col' }, column.title))),
    element('tbody', {}, ...rows.map(part => row(name(part), columns, column => cell(column.of(part))))),
    element('tfoot', {}, row('Total', columns, column => cell(sum(parts, column.of)))));
}

const row = (title, columns, cellOf) => element('tr', {}, element('th', { scope: 'row' }, title), ...columns.map(cellOf));

const cell = figure => element('td', {}, number(figure));
