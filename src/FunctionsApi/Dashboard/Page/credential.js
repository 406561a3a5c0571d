// Where the visitor's credential is: in the page's memory, and in sessionStorage where that was asked for. Never in an address.

const place = 'functionsapi.credential';

/**
 * @typedef {object} Credential
 * @property {string} bearer what is sent to the API
 * @property {string} [renewal] what another bearer is had for; only of people who signed in
 * @property {number} [renewAtMs] when that is due
 */

/** @returns {Credential | null} what was kept in this tab; null where nothing was, or storage is switched off */
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(place));
  } catch {
    return null;
  }
}

/** @param {Credential} credential */
export function keep(credential) {
  try {
    sessionStorage.setItem(place, JSON.stringify(credential));
  } catch {
    // Then it lasts as long as the page.
  }
}

export function drop() {
  try {
    sessionStorage.removeItem(place);
  } catch {
    // There is nothing to remove.
  }
}

/**
 * What was pasted, without what people paste along with it.
 * @returns {string | null} null where it could not be sent in a header
 */
export function clean(pasted) {
  const bearer = pasted.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
  return /^[\x21-\x7e]+$/.test(bearer) ? bearer : null;
}
