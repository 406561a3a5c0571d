// Who looks at the page: signed in at the Supabase project, or by a key or token that was pasted.

import * as credentials from './credential.js';
import { Failure } from './failure.js';
import { renew, signIn, signOut } from './supabase.js';

export class Session {
  #project;
  #credential = null;
  #keeps = false;
  #renewing = null;

  /** @param {{address: string, publicKey: string} | null} project null where nobody can sign in */
  constructor(project) {
    this.#project = project;
    this.#credential = credentials.kept();
    this.#keeps = this.#credential !== null;
  }

  get isOpen() {
    return this.#credential !== null;
  }

  /** @throws {Failure} */
  async signIn(email, password, keeps) {
    this.#take(await signIn(this.#project, email, password), keeps);
  }

  /** @param {string} pasted */
  paste(pasted, keeps) {
    const bearer = credentials.clean(pasted);
    if (bearer === null)
      throw new Failure('credential', 'That is no API key or token: it is empty, or has characters that neither can have.');
    this.#take({ bearer }, keeps);
  }

  /** What to send to the API; of people who signed in a new one, where the last is about to end. */
  async bearer() {
    const { renewal, renewAtMs } = this.#credential;
    if (renewal && this.#project && Date.now() >= renewAtMs) {
      // Once, also for several requests: a renewal is taken once.
      this.#renewing ??= this.#renew(this.#credential).finally(() => this.#renewing = null);
      await this.#renewing;
    }
    if (!this.#credential)
      throw new Failure('credential', 'You have signed out.');
    return this.#credential.bearer;
  }

  close() {
    if (this.#credential?.renewal && this.#project)
      signOut(this.#project, this.#credential);
    this.#credential = null;
    credentials.drop();
  }

  async #renew(last) {
    const credential = await renew(this.#project, last);
    // Who has signed out meanwhile stays signed out.
    if (this.#credential === last)
      this.#take(credential, this.#keeps);
  }

  #take(credential, keeps) {
    [this.#credential, this.#keeps] = [credential, keeps];
    keeps ? credentials.keep(credential) : credentials.drop();
  }
}
