// Asks GET /api/v1/usage, which uses no quota.

const timeoutMs = 15_000;

/** Why there are no figures. */
export class Failure extends Error {
  /**
   * @param {'credential' | 'forbidden' | 'later'} kind what the visitor can do: give another, ask for access, wait
   * @param {string} message the API's own, where it gave one
   * @param {number} retryAfterSeconds 0 where the server did not say
   */
  constructor(kind, message, retryAfterSeconds = 0) {
    super(message);
    Object.assign(this, { kind, retryAfterSeconds });
  }
}

/**
 * @param {string} credential
 * @param {AbortSignal} signal
 * @returns {Promise<{hours: object, days: object, clockSkewMs: number}>} the two reports, and how far the server's clock is ahead
 * @throws {Failure}
 */
export async function readUsage(credential, signal) {
  // One after the other: a wrong credential is then one bad guess, of which the server allows few.
  const hours = await read('hour', credential, signal);
  const days = await read('day', credential, signal);
  return { hours: hours.report, days: days.report, clockSkewMs: hours.clockSkewMs };
}

async function read(by, credential, signal) {
  const response = await ask(`/api/v1/usage?by=${by}`, credential, signal);
  const body = await response.json().catch(() => null);
  if (!response.ok)
    throw failure(response, body);
  if (body === null)
    throw new Failure('later', 'The answer was cut off.');
  const date = Date.parse(response.headers.get('Date') ?? '');
  return { report: body, clockSkewMs: Number.isNaN(date) ? 0 : date - Date.now() };
}

async function ask(path, credential, signal) {
  try {
    return await fetch(path, {
      headers: { Authorization: `Bearer ${credential}`, Accept: 'application/json' },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (error) {
    if (signal.aborted)
      throw error;
    throw new Failure('later', 'The server cannot be reached.');
  }
}

function failure(response, body) {
  const message = typeof body?.message === 'string' ? body.message : `The server answered ${response.status}.`;
  switch (response.status) {
    case 401: return new Failure('credential', message);
    case 403: return new Failure('forbidden', message);
    default: return new Failure('later', message, Number(response.headers.get('Retry-After')) || 0);
  }
}
