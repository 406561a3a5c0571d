// Asks the API, which uses no quota for usage and alerts.

import { Failure } from './failure.js';

const timeoutMs = 15_000;

export class Api {
  #bearer;
  /** By what was asked for: the last answer and its ETag. Kept here, and not by the browser, which might write it to a disk. */
  #answers = new Map();

  /** @param {() => Promise<string>} bearer */
  constructor(bearer) {
    this.#bearer = bearer;
  }

  /**
   * @param {Record<string, string | null>} query of GET /api/v1/usage; what is null is left out
   * @returns {Promise<{report: object, clockSkewMs: number}>} and how far the server's clock is ahead
   * @throws {Failure}
   */
  async usage(query, signal) {
    const path = usagePath(query);
    const known = this.#answers.get(path);
    const response = await this.#ask(path, { signal, headers: known ? { 'If-None-Match': known.eTag } : {} });
    const clockSkewMs = skewOf(response);
    if (response.status === 304)
      return { report: known.report, clockSkewMs };
    const report = await json(response);
    this.#answers.set(path, { eTag: response.headers.get('ETag'), report });
    return { report, clockSkewMs };
  }

  /** Drops what was answered, when the visitor leaves. */
  forget() {
    this.#answers.clear();
  }

  /** @returns {Promise<{name: string, file: Blob}>} what {@link usage} answers, as CSV */
  async csv(query, signal) {
    const response = await this.#ask(usagePath(query), { signal, headers: { Accept: 'text/csv' } });
    if (!response.ok)
      await json(response);
    const name = /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'usage.csv';
    return { name, file: await response.blob() };
  }

  /** @param {object} [settings] to set; undefined reads them */
  async alerts(signal, settings) {
    return json(await this.#ask('/api/v1/alerts', { signal, ...(settings === undefined ? {} : body('PUT', settings)) }));
  }

  /** @returns {Promise<{delivered: boolean, failure?: string}>} */
  async testAlerts(signal) {
    return json(await this.#ask('/api/v1/alerts/test', { signal, ...body('POST', {}) }));
  }

  async #ask(path, { signal, headers, ...options } = {}) {
    const bearer = await this.#bearer();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(path, {
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        ...options,
        headers: { Authorization: `Bearer ${bearer}`, Accept: 'application/json', ...headers },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (error) {
      if (signal?.aborted)
        throw error;
      throw new Failure('later', 'The server cannot be reached.');
    }
  }
}

const body = (method, value) => ({ method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });

function usagePath(query) {
  const given = Object.entries(query).filter(([, value]) => value !== null);
  return `/api/v1/usage?${new URLSearchParams(given)}`;
}

function skewOf(response) {
  const date = Date.parse(response.headers.get('Date') ?? '');
  return Number.isNaN(date) ? 0 : date - Date.now();
}

async function json(response) {
  const answer = await response.json().catch(() => null);
  if (!response.ok)
    throw failure(response, answer);
  if (answer === null)
    throw new Failure('later', 'The answer was cut off.');
  return answer;
}

function failure(response, answer) {
  const message = typeof answer?.message === 'string' ? answer.message : `The server answered ${response.status}.`;
  switch (response.status) {
    case 401: return new Failure('credential', message);
    case 403: return new Failure('forbidden', message);
    case 404: return new Failure('missing', message);
    default: return new Failure('later', message, Number(response.headers.get('Retry-After')) || 0);
  }
}
