// Where each limit stands: a card for each policy, with a bar, a countdown, and its burst.

import { clockSoon, clockWithSeconds, duration, element, number, words } from './text.js';

/** From this share on a bar warns. */
const nearlyUsed = 0.8;

/**
 * @param {Element} place
 * @param {object[]} limits of the report
 * @param {number} clockSkewMs
 */
export function showLimits(place, limits, clockSkewMs) {
  const groups = Map.groupBy(limits, limit => limit.api);
  place.replaceChildren(...[...groups].flatMap(([api, ofApi]) => [
    element('h3', {}, words(api), ' ', element('span', { class: 'plan' }, `${ofApi[0].plan} plan`)),
    element('ul', { class: 'cards' }, ...ofApi.map(limit => card(limit, clockSkewMs))),
  ]));
}

/**
 * Moves the countdowns on.
 * @returns {boolean} whether one of them has run out, so that its figures are of the past
 */
export function countDown(place, clockSkewMs) {
  let over = false;
  for (const countdown of place.querySelectorAll('time[datetime]')) {
    const seconds = secondsUntil(countdown.dateTime, clockSkewMs);
    countdown.nextElementSibling.textContent = duration(seconds);
    over ||= seconds === 0;
  }
  return over;
}

function card(limit, clockSkewMs) {
  const used = Math.max(0, limit.limit - limit.remaining);
  // A limit of 0 is used up from the start.
  const share = limit.limit === 0 ? 1 : Math.min(1, used / limit.limit);
  const level = limit.remaining === 0 ? 'used-up' : share >= nearlyUsed ? 'nearly-used' : 'ample';
  return element('li', { class: `card ${level}` },
    element('h4', {}, words(limit.policy)),
    element('p', { class: 'figures' },
      element('strong', {}, `${number(limit.remaining)} left`), ' ',
      element('span', { class: 'quiet' }, `${number(used)} of ${number(limit.limit)} used`)),
    bar(share),
    element('p', { class: 'quiet' }, ...reset(limit, used, clockSkewMs)),
    ...(limit.burst === null ? [] : [element('p', { class: `quiet burst-${limit.burst.state}` }, burst(limit))]),
    element('p', { class: 'quiet endpoints' }, limit.endpoints.join(', ')));
}

function burst({ burst: { limit, lengthSeconds, state } }) {
  switch (state) {
    case 'open': return `Burst open: up to ${number(limit)} for a moment`;
    case 'over': return 'Burst used, back when the limit resets';
    default: return `Burst ready: up to ${number(limit)} for ${lengthSeconds} s`;
  }
}

// The figures say the same in words.
function bar(share) {
  const fill = element('div');
  fill.style.width = `${share * 100}%`;
  return element('div', { class: 'bar', 'aria-hidden': 'true' }, fill);
}

function reset(limit, used, clockSkewMs) {
  if (limit.reset === null)
    return ['In flight at once'];
  const slides = limit.algorithm === 'sliding-window';
  const window = `In ${slides ? 'any' : 'each'} ${length(limit.windowSeconds)}`;
  if (slides && used === 0)
    return [window];
  const local = new Date(Date.parse(limit.reset) - clockSkewMs);
  return [
    `${window}. ${slides ? 'More comes back' : 'Resets'} at `,
    element('time', { datetime: limit.reset }, (limit.windowSeconds < 3600 ? clockWithSeconds : clockSoon)(local)),
    ' (in ',
    element('span', {}, duration(secondsUntil(limit.reset, clockSkewMs))),
    ')',
  ];
}

const secondsUntil = (time, clockSkewMs) => Math.max(0, Math.ceil((Date.parse(time) - Date.now() - clockSkewMs) / 1000));

function length(seconds) {
  for (const [unit, name] of [[86400, 'day'], [3600, 'hour'], [60, 'minute']])
    if (seconds % unit === 0)
      return seconds === unit ? name : `${number(seconds / unit)} ${name}s`;
  return `${number(seconds)} seconds`;
}
