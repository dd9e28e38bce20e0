import { byId } from '../dom/by-id.js';

const STORED = 'cflow.api-key';

/** The API key of this tab. Every request that turns out to need one asks here, and all wait for the same answer. */
export class ApiKey {
  #waiting: { answer: Promise<boolean>; resolve: (given: boolean) => void } | undefined;
  readonly #panel = byId('key-panel');
  readonly #input = byId('key', HTMLInputElement);
  readonly #note = byId('key-note');
  readonly #opener = byId('key-open');

  /** @param onChange Called when a key was given while nobody was waiting for one. */
  constructor(onChange: () => void) {
    byId('key-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const key = this.#input.value.trim();
      // A header cannot carry anything else, and fetch would word the error differently.
      if (!/^[\x21-\x7e]+$/.test(key)) {
        this.#note.textContent = 'A key has only letters, digits and signs, without spaces. Copy it again.';
        return;
      }
      sessionStorage.setItem(STORED, key);
      this.#input.value = '';
      const waiting = this.#waiting;
      this.#close();
      waiting ? waiting.resolve(true) : onChange();
    });
    byId('key-dismiss').addEventListener('click', () => {
      const waiting = this.#waiting;
      this.#close();
      waiting?.resolve(false);
    });
    this.#opener.addEventListener('click', () => this.#open('The new key replaces the one in use.'));
    this.#opener.hidden = this.value === null;
  }

  get value(): string | null {
    return sessionStorage.getItem(STORED);
  }

  /** Asks for a key, unless another one came after `refused` was sent. False when none is given. */
  ask(refused: string | null): Promise<boolean> {
    if (this.value !== refused) return Promise.resolve(true);
    if (!this.#waiting) {
      let resolve = (_given: boolean): void => {};
      const answer = new Promise<boolean>((done) => {
        resolve = done;
      });
      this.#waiting = { answer, resolve };
      this.#open(
        refused === null
          ? 'It is kept in this tab and sent to this service only.'
          : 'The service does not accept the key in use.',
      );
    }
    return this.#waiting.answer;
  }

  #open(note: string): void {
    this.#note.textContent = note;
    this.#panel.hidden = false;
    this.#opener.hidden = true;
    this.#input.focus();
  }

  #close(): void {
    this.#waiting = undefined;
    this.#panel.hidden = true;
    this.#opener.hidden = false;
  }
}
