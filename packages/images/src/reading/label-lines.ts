import { stemOf } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import type { ImageNames } from './image-names.js';
import { LabelRoles } from './label-roles.js';
import { SaidValues } from './said-values.js';

const LONGEST_LINE = 1024;
/** Up to so many words are a label and perhaps a number; more are a sentence, or a row of a log. */
const MOST_WORDS = 3;
const DRAWN = /^(polygon|polyline|bbox)$/i;
/** A sum of a file says nothing of what is in it. */
const CHECKSUM = /^[0-9a-f]{32,}[ *]*$/i;
/** A colon behind a drive is part of a path. */
const SEPARATOR = /(?:[\s,;|"'`=]|:(?![\\/]))+/;
const FLAG = /^(-1|[01])$/;

/**
 * Lines of a text that name an image and say something of it that may be a label: `img/0.png good`, `6.png 1`, `part 3.png bad`,
 * `3 bad`. A text that is called bad, or good and does not name all images, says it by naming them.
 */
export class LabelLines {
  readonly #names: ImageNames;
  readonly #role: 'good' | 'bad' | undefined;
  readonly #roles = new LabelRoles();
  readonly #values = new SaidValues();
  readonly #ofStems = new SaidValues();
  readonly #bare = new Set<string>();
  #named = 0;
  #wordy = false;
  #tells = false;
  #kept = '';

  /** @param file name of the text */
  constructor(names: ImageNames, file: string) {
    this.#names = names;
    const { role } = meaningOf(stemOf(file));
    this.#role = role === 'good' || role === 'bad' ? role : undefined;
  }

  /** Looks at a piece of the file, which may end within a line. @returns whether enough is known */
  read(piece: string): boolean {
    const lines = (this.#kept + piece).split(/[\r\n]+/);
    // Of a line that is longer than any label the end alone would say something else.
    this.#kept = (lines.pop() ?? '').slice(0, LONGEST_LINE + 1);
    for (const line of lines) {
      if (line.length <= LONGEST_LINE) this.#readLine(line);
      if (this.#tells) return true;
    }
    return false;
  }

  /** What the file is, when all of it has been looked at. */
  end(): 'list' | undefined {
    if (this.#kept.length <= LONGEST_LINE) this.#readLine(this.#kept);
    const some = this.#bare.size > 0 && this.#bare.size < this.#names.count;
    const isList =
      this.#tells ||
      (this.#wordy && this.#named > 1) ||
      this.#values.areLabels ||
      this.#ofStems.areLabels ||
      (this.#role === 'good' && some) ||
      (this.#role === 'bad' && this.#bare.size > 0);
    return isList ? 'list' : undefined;
  }

  #readLine(line: string): void {
    const words = line.split(SEPARATOR).filter((word) => /[\p{L}\p{N}]/u.test(word));
    const name = this.#names.find(words);
    const [first] = words;
    if (name) {
      this.#named++;
      const rest = [...words.slice(0, name.at), ...words.slice(name.at + name.length)];
      if (rest.length === 0) this.#bare.add(words.join(' ').toLowerCase());
      else this.#readRest(rest);
    } else if (first !== undefined && words.length <= 1 + MOST_WORDS && this.#names.hasStem(first)) {
      const rest = words.slice(1);
      const [value = ''] = rest;
      if (rest.length === 0) this.#bare.add(first.toLowerCase());
      else if (this.#isLabel(rest.join(' '))) this.#tells = true;
      // Of other numbers nobody knows that the first one names an image.
      else if (rest.length === 1 && FLAG.test(value)) this.#ofStems.add(value);
    }
  }

  #readRest(rest: readonly string[]): void {
    const text = rest.join(' ');
    if (CHECKSUM.test(text)) return;
    if (rest.length > MOST_WORDS) {
      this.#wordy ||= rest.some((word) => this.#roles.of(word) === 'bad' || DRAWN.test(word));
      return;
    }
    if (this.#isLabel(text)) this.#tells = true;
    // Beside a word numbers are how sure somebody was; several numbers are measurements.
    const said = rest.length === 1 ? rest : rest.filter((word) => /\p{L}/u.test(word));
    if (said.length === 1) this.#values.add(said[0] as string);
  }

  #isLabel(text: string): boolean {
    const role = this.#roles.of(text);
    return role === 'good' || role === 'bad';
  }
}
