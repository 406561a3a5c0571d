// The operations page: asks for the key, and shows the report with it every few seconds. The key is in this page's memory alone.

import { clockWithSeconds, duration, element, number } from './text.js';

const ledgerKinds = { well: 'good', slow: 'warn', contended: 'warn', away: 'bad' };
const refreshMs = 5_000;
const timeoutMs = 15_000;

const part = id => document.getElementById(id);
const [form, input, problem, status, figures] = ['sign-in', 'credential', 'problem', 'status', 'figures'].map(part);

let key = null;
let asking = false;
let askAgainAt = Infinity;

form.addEventListener('submit', event => {
  event.preventDefault();
  key = input.value.trim();
  if (!/^[\x21-\x7e]+$/.test(key))
    return refuse('That is no key: it is empty, or has characters that no key has.');
  load();
});
document.addEventListener('visibilitychange', tick);
setInterval(tick, 500);
form.hidden = false;

function tick() {
  if (!document.hidden && !asking && Date.now() >= askAgainAt)
    load();
}

async function load() {
  asking = true;
  try {
    const response = await ask();
    const body = await response.json().catch(() => null);
    if (response.status === 401)
      return refuse('That is not the operations key.');
    if (!response.ok || body === null)
      return fail(body?.message ?? `The server answered ${response.status}.`, Number(response.headers.get('Retry-After')) || 0);
    show(body);
  } catch {
    fail('The server cannot be reached.', 0);
  } finally {
    asking = false;
  }
}

const ask = () => fetch('/dashboard/operations/v1/report', {
  headers: { Authorization: `Bearer ${key}`, Accept: 'application/json' },
  cache: 'no-store',
  credentials: 'omit',
  redirect: 'error',
  signal: AbortSignal.timeout(timeoutMs),
});

function refuse(message) {
  [key, askAgainAt] = [null, Infinity];
  [form.hidden, figures.hidden, status.textContent] = [false, true, ''];
  tell(message);
  input.setAttribute('aria-invalid', 'true');
  input.focus();
}

function fail(message, retryAfterSeconds) {
  const waitMs = Math.max(refreshMs, retryAfterSeconds * 1000);
  askAgainAt = Date.now() + waitMs;
  tell(`${message} This page asks again in ${Math.ceil(waitMs / 1000)} s.`);
}

/** @param {string | null} message null where all is well */
function tell(message) {
  problem.hidden = message === null;
  problem.textContent = message ?? '';
  input.removeAttribute('aria-invalid');
}

function show(report) {
  const first = figures.hidden;
  askAgainAt = Date.now() + refreshMs;
  tell(null);
  [form.hidden, figures.hidden, input.value] = [true, false, ''];
  const now = Date.parse(report.at);
  fill('instances', 'No instance has said anything yet.', report.instances, [
    ['Instance', one => element('td', { class: 'text' }, one.instance.name, ' ', element('span', { class: 'quiet' }, one.instance.id))],
    ['State', one => state(one.state, { running: 'good', silent: 'bad', stopped: 'over' }[one.state])],
    ['Up', one => cell(duration(seconds(one.instance.since, one.state === 'running' ? now : Date.parse(one.instance.at))))],
    ['Ledger', one => state(one.instance.ledger.state, one.state === 'running' ? ledgerKinds[one.instance.ledger.state] : 'over')],
    ['Operations a minute', one => cell(number(one.instance.ledger.last.operations))],
    ['Failed', one => cell(number(one.instance.ledger.last.failed))],
    ['p50', one => cell(milliseconds(one.instance.ledger.last.p50Ms))],
    ['p95', one => cell(milliseconds(one.instance.ledger.last.p95Ms))],
    ['Waiting', one => cell(number(one.instance.waiting))],
    ['Partitions', one => cell(number(one.instance.partitions))],
    ['Version', one => cell(one.instance.version)],
    ['Last heard', one => cell(`${duration(seconds(one.instance.at, now))} ago`)],
  ]);
  const periods = report.instances
    .flatMap(one => one.instance.ledger.periods.map(period => ({ ...period, name: one.instance.name })))
    .sort((a, b) => b.since.localeCompare(a.since));
  fill('periods', 'As far as instances remember, it was well all the time.', periods, [
    ['Instance', one => cell(one.name, 'text')],
    ['State', one => state(one.state, one.state === 'away' ? 'bad' : 'warn')],
    ['Since', one => cell(utc(one.since))],
    ['Until', one => cell(one.until === null ? 'now' : utc(one.until))],
    ['Lasted', one => cell(duration(seconds(one.since, one.until === null ? now : Date.parse(one.until))))],
  ]);
  fill('consumers', 'No requests yet.', report.consumers, [
    ['Tenant', one => cell(one.tenant, 'text')],
    ['Key', one => cell(one.key, 'text')],
    ['API', one => cell(one.api, 'text')],
    ['Requests', one => cell(number(one.requests))],
    ['Admitted', one => cell(number(one.admitted))],
    ['Refused', one => cell(number(one.refused))],
    ['No decision', one => cell(number(one.unavailable))],
    ['LLM credits', one => cell(number(one.credits))],
  ]);
  fill('shadows', 'None.', report.shadows, [
    ['Tenant', one => cell(one.tenant, 'text')],
    ['API', one => cell(one.api, 'text')],
    ['Policy', one => cell(one.policy, 'text')],
    ['Would have refused', one => cell(number(one.wouldHaveRefused))],
  ]);
  status.textContent = `Updated at ${clockWithSeconds(new Date())}. This page asks again every ${refreshMs / 1000} s.`;
  status.setAttribute('aria-live', 'off');
  if (first)
    part('instances-heading').focus();
}

/** @param {[string, (row: object) => Element][]} columns */
function fill(id, none, rows, columns) {
  part(id).replaceChildren(rows.length === 0
    ? element('p', { class: 'quiet' }, none)
    : element('table', {},
      element('thead', {}, element('tr', {}, ...columns.map(([title, cellOf]) => element('th', { scope: 'col', class: cellOf(rows[0]).className }, title)))),
      element('tbody', {}, ...rows.map(row => element('tr', {}, ...columns.map(([, cellOf]) => cellOf(row)))))));
}

const cell = (text, kind = '') => element('td', kind === '' ? {} : { class: kind }, text);

const state = (name, kind) => element('td', { class: 'text' }, element('span', { class: `state ${kind}` }, name));

const seconds = (from, until) => Math.max(0, Math.round((until - Date.parse(from)) / 1000));

const milliseconds = value => value === null ? '–' : `${number(value)} ms`;

const utc = time => `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
