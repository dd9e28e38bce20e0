import { meaningOf } from '../vocabulary/meaning-of.js';

export type LabelRole = 'good' | 'bad' | 'mask';

/** Longer texts are no labels. */
const LONGEST = 64;
const MOST_KEPT = 10_000;

/** What texts say of an image. They come again and again, so that the meaning of each is looked up once. */
export class LabelRoles {
  readonly #known = new Map<string, LabelRole | undefined>();

  of(text: string): LabelRole | undefined {
    if (text.length > LONGEST || isNumber(text)) return undefined;
    const known = this.#known.get(text);
    if (known !== undefined || this.#known.has(text)) return known;
    const { role } = meaningOf(text);
    const found = role === 'good' || role === 'bad' || role === 'mask' ? role : undefined;
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(text, found);
    return found;
  }
}

export const isNumber = (text: string): boolean => /^[-+]?\.?\d[\d.e+-]*$/i.test(text);
