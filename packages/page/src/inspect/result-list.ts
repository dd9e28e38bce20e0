import { byId } from '../dom/by-id.js';
import type { ResultCard } from './result-card.js';

const KEYS: Readonly<Record<string, 'good' | 'bad' | 'unsure'>> = { g: 'good', b: 'bad', u: 'unsure' };

/** The cards on the page: their order, which ones are shown, and the keyboard. */
export class ResultList {
  readonly #node = byId('results');
  readonly #order = byId('order', HTMLSelectElement);
  readonly #filter = byId('filter', HTMLSelectElement);
  readonly #cards: () => Iterable<ResultCard>;

  constructor(cards: () => Iterable<ResultCard>) {
    this.#cards = cards;
    for (const each of [this.#order, this.#filter]) each.addEventListener('change', () => this.arrange());
    this.#node.addEventListener('keydown', (event) => this.#press(event));
  }

  /** All cards as they are to be shown. */
  get sorted(): ResultCard[] {
    const all = [...this.#cards()];
    if (this.#order.value !== 'worst') return all;
    // Images that could not be scored come first: somebody has to look at them.
    const rank = ({ failed, prediction }: ResultCard): number =>
      failed ? Number.POSITIVE_INFINITY : (prediction?.score ?? Number.NEGATIVE_INFINITY);
    return all.sort((a, b) => rank(b) - rank(a) || 0);
  }

  /** Moves only cards that are in the wrong place, so that the focused one keeps the focus. */
  arrange(): void {
    const wanted = this.#filter.value;
    let before: Element | null = null;
    const focused = document.activeElement as HTMLElement | null;
    for (const card of this.sorted) {
      card.node.hidden =
        wanted !== 'all' && (wanted === 'failed' ? !card.failed : card.failed || card.label !== wanted);
      const place: Element | null = before ? before.nextElementSibling : this.#node.firstElementChild;
      if (place !== card.node) this.#node.insertBefore(card.node, place);
      before = card.node;
    }
    if (focused && focused !== document.activeElement && this.#node.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  #press(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    if (ctrlKey || metaKey || altKey || !(target instanceof HTMLElement)) return;
    const card = [...this.#cards()].find(({ node }) => node.contains(target));
    if (!card) return;
    const label = KEYS[key.toLowerCase()];
    if (label) {
      card.marks?.click(label);
      event.preventDefault();
      return;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
    if (step === undefined) return;
    const shown = this.sorted.filter(({ node }) => !node.hidden);
    const next = shown[shown.indexOf(card) + step];
    if (!next) return;
    event.preventDefault();
    next.node.querySelector<HTMLElement>('.picture')?.focus();
  }
}
