// Signs people in at the Supabase project whose tokens the API believes: https://supabase.com/docs/reference/self-hosting-auth
// The password goes there and nowhere else.

import { Failure } from './failure.js';

/** How long before its end a token is renewed. */
const aheadMs = 60_000;

/**
 * @param {{address: string, publicKey: string}} project
 * @returns {Promise<import('./credential.js').Credential>}
 * @throws {Failure}
 */
export const signIn = (project, email, password) => ask(project, 'password', { email, password });

/** As {@link signIn}, with the credential that is about to end. */
export const renew = (project, credential) => ask(project, 'refresh_token', { refresh_token: credential.renewal });

/** Ends the session there. Whether that works makes no difference here: the credential is forgotten. */
export function signOut(project, credential) {
  fetch(`${project.address}/logout?scope=local`, {
    method: 'POST',
    headers: { apikey: project.publicKey, Authorization: `Bearer ${credential.bearer}` },
    keepalive: true,
  }).catch(() => {});
}

async function ask(project, grant, body) {
  const response = await fetch(`${project.address}/token?grant_type=${grant}`, {
    method: 'POST',
    headers: { apikey: project.publicKey, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    credentials: 'omit',
    redirect: 'error',
  }).catch(() => { throw new Failure('later', 'The sign-in server cannot be reached.'); });
  const answer = await response.json().catch(() => ({}));
  if (response.ok && typeof answer.access_token === 'string')
    return { bearer: answer.access_token, renewal: answer.refresh_token, renewAtMs: Date.now() + answer.expires_in * 1000 - aheadMs };
  const message = answer.msg ?? answer.error_description ?? answer.message ?? `The sign-in server answered ${response.status}.`;
  const isRefused = response.status >= 400 && response.status < 500 && response.status !== 429;
  throw new Failure(isRefused ? 'credential' : 'later', String(message));
}
