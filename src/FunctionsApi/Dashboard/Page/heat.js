// The day at a glance: a row for each endpoint, a field for each hour, the darker the more was admitted. A corner marks refusals.

import { isUsed } from './consumption.js';
import { element, hourOfDay, number, requests } from './text.js';

const levels = 5;
/** Hours that are named above the fields. */
const everyNth = 6;

/**
 * @param {Element} place
 * @param {{series: object[], parts: object[]}} consumption hour by hour
 */
export function showHeat(place, { series, parts }) {
  const most = Math.max(...parts.flatMap(part => [...part.of.values()].map(figures => figures.admitted)));
  place.replaceChildren(element('table', { class: 'heat' },
    element('caption', { class: 'unseen' }, 'Requests by endpoint and hour, in local time'),
    element('thead', {}, element('tr', {},
      element('td', {}),
      ...parts.map((part, index) => element('th', { scope: 'col' }, hourName(part, parts.length - 1 - index))))),
    element('tbody', {}, ...series.filter(isUsed).map(one => element('tr', {},
      element('th', { scope: 'row' }, one.name),
      ...parts.map(part => field(part, one, most)))))));
}

const hourName = (part, fromLast) =>
  element('span', { class: fromLast % everyNth === 0 ? '' : 'unseen' }, hourOfDay(part.start));

function field(part, one, most) {
  const { admitted = 0, refused = 0 } = part.of.get(one.key) ?? {};
  // By its root, or a quiet hour beside a busy one would look like none.
  const level = admitted === 0 ? 0 : Math.ceil(levels * Math.sqrt(admitted / most));
  const words = refused > 0 ? `${requests(admitted)}, ${number(refused)} refused` : requests(admitted);
  return element('td', { class: `heat-${level}${refused > 0 ? ' with-refused' : ''}`, title: `${hourOfDay(part.start)} ${one.name}: ${words}` },
    element('span', { class: 'unseen' }, words));
}
