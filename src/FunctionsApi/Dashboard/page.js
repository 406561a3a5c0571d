// The page: who is asking, when to ask again, and what to show.

import { Failure, readUsage } from './api.js';
import * as credentials from './credential.js';
import { countDown, showLimits } from './limits.js';
import { showReport } from './report.js';
import { clock, clockWithSeconds, utcDay } from './text.js';

const refreshMs = 30_000;
/** A countdown that has run out asks again, but not more often than this. */
const soonestMs = 5_000;

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
  signIn(given);
});
part('refresh').addEventListener('click', () => load('Loading…'));
part('forget').addEventListener('click', () => {
  signOut();
  tell(null);
  input.focus();
});
document.addEventListener('visibilitychange', tick);
setInterval(tick, 1000);
new ResizeObserver(() => shown && showConsumption()).observe(part('figures'));

credentials.kept() === null ? signOut() : signIn(credentials.kept());

function signIn(given) {
  credential = given;
  form.hidden = true;
  tell(null);
  load('Loading…');
}

/** Forgets the credential and all that it showed, and asks for another. */
function signOut() {
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
  signOut();
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

/** @param {string} [announcement] what to say meanwhile; what nobody asked for is not read out */
async function load(announcement) {
  loading?.abort();
  const mine = loading = new AbortController();
  askedAt = Date.now();
  status.setAttribute('aria-live', announcement ? 'polite' : 'off');
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
  showConsumption();
  status.textContent = `Updated at ${clockWithSeconds(shown.at)}.`;
  if (first)
    part('limits-heading').focus();
}

const ownerOf = report => report.key === null ? `Tenant ${report.tenant}, all keys` : `Tenant ${report.tenant}, key ${report.key}`;

function showConsumption() {
  showReport(part('hours'), shown.hours, hour => clock(hour.start));
  showReport(part('days'), shown.days, day => utcDay(day.start));
}
