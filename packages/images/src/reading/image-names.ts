import { stemKey } from '../files/file-tree.js';

/** The most words that a name with blanks in it may have. */
const MOST_WORDS = 8;

/** Names of images as files of other tools may write them: with folders, in any case, with a number of the tool's before it. */
export class ImageNames {
  readonly #names: ReadonlySet<string>;
  readonly #stems: ReadonlySet<string>;
  readonly #haveBlanks: boolean;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => plain(lastName(name))));
    this.#stems = new Set(names.map(stemKey));
    this.#haveBlanks = [...this.#names].some((name) => name.includes(' '));
  }

  get count(): number {
    return this.#names.size;
  }

  /** Whether a text is the name of an image, or a path to it. */
  has(text: string): boolean {
    if (text.length > 1024 || !text.includes('.')) return false;
    const name = plain(lastName(text));
    if (this.#names.has(name)) return true;
    // Some tools put a number of their own before a name: `1a2b3c4d-6.png`.
    const dash = name.indexOf('-');
    return dash > 0 && this.#names.has(name.slice(dash + 1));
  }

  /** Whether a text is such a name without its ending, which is less certain: "3" may be anything. */
  hasStem(text: string): boolean {
    return text.length <= 1024 && this.#stems.has(plain(lastName(text)));
  }

  /** Where a name stands among the words of a line: the first of its words, and how many it has. */
  find(words: readonly string[]): { at: number; length: number } | undefined {
    for (const [end, word] of words.entries()) {
      if (this.has(word)) return { at: end, length: 1 };
      if (!this.#haveBlanks || !word.includes('.')) continue;
      for (let at = end - 1; at >= Math.max(0, end + 1 - MOST_WORDS); at--) {
        if (this.has(words.slice(at, end + 1).join(' '))) return { at, length: end + 1 - at };
      }
    }
    return undefined;
  }
}

const plain = (name: string): string => name.normalize('NFC').toLowerCase();

const lastName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
