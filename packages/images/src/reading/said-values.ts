/** More kinds than that are no labels. */
const MOST_KINDS = 20;
const FLAG = /^(-1|[01]|true|false|yes|no)$/i;
/** Of numbers, classes have few digits; a sum, a time and a measurement have more, or a point. */
const NUMBER = /^-?\d{1,3}$/;
const WORD = /^\p{L}[\p{L}\p{N}\p{M}_. -]*$/u;

/**
 * What is said of one image after the other, one value each. Labels are few and come again; times, sizes and sums of files hardly
 * do, and what is the same for all images tells none from another.
 */
export class SaidValues {
  readonly #kinds = new Set<string>();
  #count = 0;
  #allFlags = true;
  #allWords = true;
  #other = false;

  add(value: string): void {
    this.#count++;
    if (this.#kinds.size <= MOST_KINDS) this.#kinds.add(value.toLowerCase());
    const isWord = WORD.test(value);
    this.#allFlags &&= FLAG.test(value);
    this.#allWords &&= isWord;
    this.#other ||= !isWord && !NUMBER.test(value);
  }

  get areLabels(): boolean {
    const kinds = this.#kinds.size;
    if (this.#other || kinds < 2 || kinds > MOST_KINDS) return false;
    if (this.#allFlags) return true;
    return this.#allWords ? kinds < this.#count : kinds * 2 <= this.#count;
  }
}
