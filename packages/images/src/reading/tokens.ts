/** A sign, or a text between signs. */
export interface Token {
  text: string;
  isSign: boolean;
  /** In the file, in characters. */
  at: number;
}

/** Quotes that are not closed end with their line, so that nothing is looked at twice. */
const TOKEN = /"((?:[^"\\\r\n]|\\.)*)"?|'([^'\r\n]*)'?|([[\]{}<>=,:])|[^\s"'[\]{}<>=,:][^\r\n"[\]{}<>=,:]*/g;
/** Longer texts are embedded pictures. */
const LONGEST = 2 ** 13;

/** Signs and texts of JSON, XML and YAML, which comes in pieces: what may go on in the next piece waits for it. */
export class Tokens {
  #kept = '';
  #at = 0;

  *of(piece: string): Generator<Token> {
    const text = this.#kept + piece;
    this.#kept = '';
    for (const found of text.matchAll(TOKEN)) {
      const [whole, double, single, sign] = found;
      if (found.index + whole.length === text.length && sign === undefined && piece !== '') {
        // Of a long one its quote is kept, which says that what comes belongs to it.
        this.#kept = whole.length <= LONGEST ? whole : (/^["']?/.exec(whole)?.[0] ?? '');
        break;
      }
      if (whole.length > LONGEST) continue;
      const at = this.#at + found.index;
      yield { text: unescaped(double ?? single ?? whole.trim()), isSign: sign !== undefined, at };
    }
    this.#at += text.length - this.#kept.length;
  }
}

function unescaped(text: string): string {
  if (!text.includes('\\u')) return text;
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
