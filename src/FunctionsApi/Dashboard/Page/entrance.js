// The way in: signing in where the installation has that, and pasting a key or token.

const part = id => document.getElementById(id);
const [section, signIn, otherWay, paste] = ['entrance', 'sign-in', 'other-way', 'paste'].map(part);

export class Entrance {
  #canSignIn;

  /**
   * @param {import('./session.js').Session} session
   * @param {boolean} canSignIn
   * @param {{entered: () => void, refused: (message: string | null) => void}} told
   */
  constructor(session, canSignIn, told) {
    this.#canSignIn = canSignIn;
    signIn.hidden = !canSignIn;
    otherWay.open = !canSignIn;
    signIn.addEventListener('submit', event => this.#submit(event, told, part('email'), () =>
      session.signIn(part('email').value, part('password').value, part('keep-signed-in').checked)));
    paste.addEventListener('submit', event => this.#submit(event, told, part('credential'), () =>
      session.paste(part('credential').value, part('keep').checked)));
  }

  /** @param {boolean} [isWrong] whether what was given last was refused */
  open(isWrong = false) {
    section.hidden = false;
    const first = this.#canSignIn && !otherWay.open ? part('email') : part('credential');
    this.#mark(first, isWrong);
    first.focus();
  }

  /** What was typed is not left behind in the page. */
  close() {
    section.hidden = true;
    for (const input of section.querySelectorAll('input:not([type=checkbox])'))
      input.value = '';
  }

  async #submit(event, told, first, enter) {
    event.preventDefault();
    try {
      await enter();
      this.#mark(first, false);
      told.entered();
    } catch (error) {
      told.refused(error.message);
      this.#mark(first, true);
      first.focus();
    }
  }

  #mark(input, isWrong) {
    isWrong ? input.setAttribute('aria-invalid', 'true') : input.removeAttribute('aria-invalid');
  }
}
