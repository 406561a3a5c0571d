// The page: who is asking, when to ask again, and what to show.

import { Failure, readUsage } from './api.js';
import { chart } from './chart.js';
import { consumption, isUsed, sum } from './consumption.js';
import * as credentials from './credential.js';
import { countDown, showLimits } from './limits.js';
import { table } from './table.js';
import { clock, clockWithSeconds, element, number, utcDay } from './text.js';

const refreshMs = 30_000;
/** A countdown that has run out asks again, but not more often than this. */
const soonestMs = 5_000;
/** Of a chart, in pixels. */
const narrowest = 240;

const part = id => document.getElementById(id);
const [form, input, toolbar, problem, status, figures, limits] =
  ['sign-in', 'credential', 'toolbar', 'problem', 'status', 'figures', 'limits'].map(part);

let credential = null;
let loading = null;
let askedAt = 0;
let askAgainAt = Infinity;
let shown = null;

form.addEventListener('submit', event => {
  event.preventDefault();
  const given = credentials.clean(input.value);
  if (given === null)
    return refuse('That is no API key or token: it is empty, or has characters that neither can have.');
  part('keep').checked ? credentials.keep(given) : credentials.drop();
  open(given);
});
part('refresh').addEventListener('click', () => load('Loading…'));
part('forget').addEventListener('click', () => {
  close();
  tell(null);
  input.focus();
});
document.addEventListener('visibilitychange', tick);
setInterval(tick, 1000);
new ResizeObserver(() => shown && drawConsumption()).observe(part('figures'));

credentials.kept() === null ? close() : open(credentials.kept());

function open(given) {
  credential = given;
  form.hidden = true;
  load('Loading…');
}

/** Forgets the credential and all that it showed, and asks for another. */
function close() {
  loading?.abort();
  [credential, loading, shown, askAgainAt] = [null, null, null, Infinity];
  credentials.drop();
  input.value = '';
  for (const place of [limits, part('owner'), ...document.querySelectorAll('.drawing, .scroll')])
    place.replaceChildren();
  form.hidden = false;
  toolbar.hidden = figures.hidden = true;
  status.textContent = '';
}

function refuse(message) {
  close();
  tell(message);
  input.setAttribute('aria-invalid', 'true');
  input.focus();
}

/** @param {string | null} message null where all is well */
function tell(message) {
  problem.hidden = message === null;
  problem.textContent = message ?? '';
  input.removeAttribute('aria-invalid');
}

function tick() {
  if (document.hidden || credential === null)
    return;
  const over = shown !== null && countDown(limits, shown.clockSkewMs);
  if (loading === null && (Date.now() >= askAgainAt || over && Date.now() >= askedAt + soonestMs && problem.hidden))
    load();
}

/** @param {string} [announcement] what to say meanwhile; what nobody asked for is not announced */
async function load(announcement) {
  loading?.abort();
  const mine = loading = new AbortController();
  askedAt = Date.now();
  if (announcement)
    status.textContent = announcement;
  try {
    const usage = await readUsage(credential, mine.signal);
    if (loading === mine)
      show(usage);
  } catch (error) {
    if (loading === mine)
      fail(error);
  } finally {
    if (loading === mine)
      loading = null;
  }
}

function fail(error) {
  const failure = error instanceof Failure ? error : new Failure('later', 'The answer could not be understood.');
  if (failure.kind !== 'later')
    return refuse(failure.message);
  const waitMs = Math.max(failure.retryAfterSeconds * 1000, refreshMs);
  askAgainAt = Date.now() + waitMs;
  toolbar.hidden = false;
  const old = shown === null ? '' : ` These figures are of ${clockWithSeconds(shown.at)}.`;
  tell(`${failure.message}${old} This page asks again in ${Math.ceil(waitMs / 1000)} s.`);
  status.textContent = '';
}

function show(usage) {
  const first = shown === null;
  shown = { ...usage, at: new Date() };
  askAgainAt = Date.now() + refreshMs;
  tell(null);
  part('owner').textContent = ownerOf(usage.hours);
  toolbar.hidden = figures.hidden = false;
  showLimits(limits, usage.hours.limits, usage.clockSkewMs);
  drawConsumption();
  status.textContent = `Updated at ${clockWithSeconds(shown.at)}.`;
  if (first)
    part('limits-heading').focus();
}

const ownerOf = report => report.key === null ? `Tenant ${report.tenant}, all keys` : `Tenant ${report.tenant}, key ${report.key}`;

function drawConsumption() {
  draw(part('hours'), shown.hours, hour => clock(hour.start));
  draw(part('days'), shown.days, day => utcDay(day.start));
}

// What can have the focus stays, and only what is in it is replaced.
function draw(place, report, name) {
  const [none, some, drawing, scroll] = ['.none', '.some', '.drawing', '.scroll'].map(selector => place.querySelector(selector));
  const figures = consumption(report);
  some.hidden = !figures.parts.some(isUsed);
  none.hidden = !some.hidden;
  if (some.hidden)
    return;
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
