// The page: when to ask, and what to show.

import { Api } from './api.js';
import { showAlerts } from './alerts.js';
import { lastHourOf, withHour } from './consumption.js';
import { Entrance } from './entrance.js';
import { Failure } from './failure.js';
import { showHeat } from './heat.js';
import { nameOf, showKeys } from './keys.js';
import { countDown, showLimits } from './limits.js';
import { showPlans } from './plans.js';
import { Report } from './report.js';
import { Session } from './session.js';
import { clock, clockWithSeconds, utcDay } from './text.js';

/** How often the hour that is now is read, and how often everything. */
const hourMs = 2_000, allMs = 30_000;

const part = id => document.getElementById(id);
const [toolbar, problem, status, figures, limits] = ['toolbar', 'problem', 'status', 'figures', 'limits'].map(part);
const hours = new Report(part('hours')), days = new Report(part('days'));

const settings = await readSettings();
const session = new Session(settings.signIn);
const api = new Api(() => session.bearer());
const entrance = new Entrance(session, settings.signIn !== null, { entered: () => enter(), refused: tell });

let key = null;
/** Aborted when the visitor leaves: an answer that comes later is not shown. */
let visit = null;
let loading = null;
let askHourAt = Infinity;
let askAllAt = Infinity;
let shown = null;

part('refresh').addEventListener('click', () => load({ announcement: 'Loading…' }));
part('leave').addEventListener('click', () => leave(null));
part('all-keys').addEventListener('click', () => choose(null));
for (const [section, by] of [['hours', 'hour'], ['days', 'day']])
  part(section).querySelector('.csv').addEventListener('click', () => download(by));
if (settings.upgradeUrl !== null) {
  part('upgrade').href = settings.upgradeUrl;
  part('upgrade').hidden = false;
}
document.addEventListener('visibilitychange', tick);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shown && showConsumption());
setInterval(tick, 1000);

session.isOpen ? enter() : entrance.open();

async function readSettings() {
  const response = await fetch('/dashboard/settings/usage/settings.json', { credentials: 'omit' }).catch(() => null);
  return response?.ok ? response.json() : { upgradeUrl: null, signIn: null };
}

function enter() {
  visit = new AbortController();
  entrance.close();
  tell(null);
  load({ announcement: 'Loading…' });
}

/**
 * Forgets the credential and all that it showed, and asks for another.
 * @param {string | null} message why; null where the visitor wants to
 */
function leave(message) {
  visit.abort();
  loading?.abort();
  session.close();
  api.forget();
  [key, loading, shown, askHourAt, askAllAt] = [null, null, null, Infinity, Infinity];
  toolbar.hidden = figures.hidden = part('alerts').hidden = true;
  for (const place of [limits, part('owner'), part('heat'), part('comparison'), part('alerts').querySelector('form'), ...document.querySelectorAll('.summary, .legend, .scroll')])
    place.replaceChildren();
  status.textContent = '';
  tell(message);
  entrance.open(message !== null);
}

/** @param {string | null} message null where all is well */
function tell(message) {
  problem.hidden = message === null;
  problem.textContent = message ?? '';
}

function tick() {
  if (document.hidden || !session.isOpen || loading !== null)
    return;
  if (shown !== null)
    countDown(limits, shown.clockSkewMs);
  if (Date.now() >= askAllAt)
    load({});
  else if (Date.now() >= askHourAt && shown !== null)
    load({ hourAlone: true });
}

/** @param {string | null} chosen the key to look at alone; null for all */
function choose(chosen) {
  key = chosen;
  load({ announcement: 'Loading…' });
}

/**
 * @param {object} how
 * @param {string} [how.announcement] what to say meanwhile; what nobody asked for is not read out
 * @param {boolean} [how.hourAlone] reads the hour that is now, and puts it into what is shown
 */
async function load({ announcement, hourAlone = false }) {
  loading?.abort();
  const mine = loading = new AbortController();
  status.setAttribute('aria-live', announcement ? 'polite' : 'off');
  if (announcement)
    status.textContent = announcement;
  try {
    const read = hourAlone ? await readHour(mine.signal) : await readAll(mine.signal);
    if (loading === mine)
      show(read);
  } catch (error) {
    if (loading === mine)
      fail(error);
  } finally {
    if (loading === mine)
      loading = null;
  }
}

async function readAll(signal) {
  // One after the other: a wrong credential is then one bad guess, of which the server allows few.
  const day = await api.usage({ by: 'hour', key }, signal);
  const month = await api.usage({ by: 'day', key }, signal);
  askAllAt = Date.now() + allMs;
  return { hours: day.report, days: month.report, clockSkewMs: day.clockSkewMs };
}

async function readHour(signal) {
  const from = lastHourOf(shown.hours);
  const hour = await api.usage({ by: 'hour', from: from.toISOString(), key }, signal);
  // The next one has begun.
  if (Date.parse(hour.report.to) !== Date.parse(shown.hours.to))
    return readAll(signal);
  return { ...shown, hours: withHour(shown.hours, hour.report), clockSkewMs: hour.clockSkewMs };
}

function fail(error) {
  const failure = error instanceof Failure ? error : new Failure('later', 'The answer could not be understood.');
  if (failure.kind !== 'later')
    return leave(failure.message);
  const waitMs = Math.max(failure.retryAfterSeconds * 1000, allMs);
  askAllAt = Date.now() + waitMs;
  askHourAt = Infinity;
  toolbar.hidden = false;
  const old = shown === null ? '' : ` These figures are of ${clockWithSeconds(shown.at)}.`;
  tell(`${failure.message}${old} This page asks again in ${Math.ceil(waitMs / 1000)} s.`);
  status.textContent = '';
}

function show(read) {
  const first = shown === null;
  const isNewDay = shown?.days !== read.days;
  shown = { ...read, at: new Date() };
  askHourAt = Date.now() + hourMs;
  tell(null);
  part('owner').textContent = ownerOf(read.hours);
  toolbar.hidden = figures.hidden = false;
  showLimits(limits, read.hours.limits, read.clockSkewMs);
  showHours();
  if (isNewDay)
    showMonth();
  status.textContent = `Live, ${clockWithSeconds(shown.at)}`;
  if (first) {
    part('limits-heading').focus();
    readAlerts();
  }
}

const ownerOf = report => report.key === null ? `Tenant ${report.tenant}, all keys` : `Tenant ${report.tenant}, key ${report.key}`;

function showConsumption() {
  showHours();
  showMonth();
}

function showHours() {
  const consumption = hours.show(shown.hours, hour => clock(hour.start));
  if (consumption !== null)
    showHeat(part('heat'), consumption);
}

function showMonth() {
  const { days: month } = shown;
  days.show(month, day => utcDay(day.start));
  part('filter').hidden = key === null;
  part('filter').querySelector('span').textContent = `Only key ${key === 'dashboard' ? nameOf({ key }) : key}, with its limits.`;
  part('keys').hidden = month.keys === undefined || month.keys.length === 0;
  if (!part('keys').hidden)
    showKeys(part('keys').querySelector('.scroll'), month.keys, choose);
  part('plans').hidden = month.nextPlans.length === 0;
  showPlans(part('comparison'), month.nextPlans);
}

async function download(by) {
  const { signal } = visit;
  try {
    const { name, file } = await api.csv({ by, key }, signal);
    signal.throwIfAborted();
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    if (!signal.aborted)
      tell(error.message);
  }
}

async function readAlerts(settings) {
  const form = part('alerts').querySelector('form');
  const { signal } = visit;
  try {
    const alerts = await api.alerts(signal, settings);
    signal.throwIfAborted();
    part('alerts').hidden = false;
    showAlerts(form, alerts, shown.hours.limits, { save: readAlerts, test: testAlerts });
    tell(null);
  } catch (error) {
    // An installation of another release may have none.
    if (!signal.aborted && error.kind !== 'missing')
      tell(error.message);
  }
}

async function testAlerts() {
  const { signal } = visit;
  try {
    const { delivered, failure } = await api.testAlerts(signal);
    signal.throwIfAborted();
    status.textContent = delivered ? 'The webhook took the test.' : `The webhook did not take the test: ${failure}`;
  } catch (error) {
    if (!signal.aborted)
      tell(error.message);
  }
}
