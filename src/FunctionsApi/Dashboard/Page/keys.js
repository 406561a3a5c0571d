// Usage by key, for those who may see all of a tenant's keys.

import { sumOf } from './consumption.js';
import { element, number } from './text.js';

/**
 * @param {Element} place
 * @param {object[]} keys of the report
 * @param {(key: string) => void} choose called with a key to look at alone
 */
export function showKeys(place, keys, choose) {
  const lines = keys.map(key => ({ ...key, total: sumOf(key.totals) })).sort((a, b) => b.total.admitted - a.total.admitted);
  place.replaceChildren(element('table', {},
    element('thead', {}, element('tr', {},
      ...['Key', 'Admitted', 'Refused', 'Errors', 'LLM credits'].map(title => element('th', { scope: 'col' }, title)))),
    element('tbody', {}, ...lines.map(line => row(line, choose)))));
}

/** How a key is called: by its beginning where that is known. */
export const nameOf = key => key.key === 'dashboard' ? 'Signed-in people' : key.prefix ? `${key.prefix}…` : key.key;

function row(line, choose) {
  const button = element('button', { type: 'button', class: 'link', title: `Show only ${line.key}` }, nameOf(line));
  button.addEventListener('click', () => choose(line.key));
  return element('tr', {},
    element('th', { scope: 'row', title: line.key }, button, ...(line.user === null ? [] : [' ', element('span', { class: 'quiet' }, line.user)])),
    ...[line.total.admitted, line.total.refused, line.total.errors, line.total.credits].map(count => element('td', {}, number(count))));
}
