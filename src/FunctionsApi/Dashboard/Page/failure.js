/** Why there is no answer. */
export class Failure extends Error {
  /**
   * @param {'credential' | 'forbidden' | 'missing' | 'later'} kind what the visitor can do: give another, ask for access, nothing, wait
   * @param {string} message the server's own, where it gave one
   * @param {number} retryAfterSeconds 0 where the server did not say
   */
  constructor(kind, message, retryAfterSeconds = 0) {
    super(message);
    Object.assign(this, { kind, retryAfterSeconds });
  }
}
