import { byId } from '../dom/by-id.js';
import { button, element } from '../dom/element.js';
import { plural } from '../dom/format.js';

/** Most images that are held in memory while training; more than that are for the service. */
const MAX_IMAGES = 500;
const FEWEST = 2;
const BETTER = 30;

/** The good images to train on, as a list of small pictures. */
export class GoodImages {
  readonly #list = byId('here-images');
  readonly #count = byId('here-count');
  readonly #all = new Map<File, { node: HTMLLIElement; address: string }>();

  readonly #onChange: () => void;

  /** @param onChange Called when there are others than before. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    byId('here-clear').addEventListener('click', () => {
      for (const file of [...this.#all.keys()]) this.#drop(file);
      byId('here-files').focus();
      this.#changed();
    });
    this.#summarise();
  }

  get files(): File[] {
    return [...this.#all.keys()];
  }

  get enough(): boolean {
    return this.#all.size >= FEWEST;
  }

  /** Takes as many as there is room for, and returns a message about the others. */
  add(files: readonly File[]): string | undefined {
    const taken = files.slice(0, MAX_IMAGES - this.#all.size);
    for (const file of taken) {
      const address = URL.createObjectURL(file);
      const remove = button('×', 'quiet remove', () => this.#remove(file));
      remove.setAttribute('aria-label', `Remove ${file.name}`);
      const image = element('img', { src: address, alt: file.name, decoding: 'async', loading: 'lazy' });
      const node = element('li', {}, image, remove);
      this.#all.set(file, { node, address });
      this.#list.append(node);
    }
    this.#changed();
    const left = files.length - taken.length;
    return left > 0
      ? `${plural(left, 'image')} left out: this page trains on ${MAX_IMAGES} at most. Use the service for more.`
      : undefined;
  }

  #remove(file: File): void {
    const place = [...this.#all.keys()].indexOf(file);
    this.#drop(file);
    const next = [...this.#all.values()][Math.min(place, this.#all.size - 1)];
    (next?.node.querySelector<HTMLElement>('.remove') ?? byId('here-files')).focus();
    this.#changed();
  }

  #drop(file: File): void {
    const shown = this.#all.get(file);
    if (!shown) return;
    URL.revokeObjectURL(shown.address);
    shown.node.remove();
    this.#all.delete(file);
  }

  #changed(): void {
    this.#summarise();
    this.#onChange();
  }

  #summarise(): void {
    const { size } = this.#all;
    const advice =
      size < FEWEST
        ? ` At least ${FEWEST} are needed.`
        : size < BETTER
          ? ` ${BETTER} or more are better.`
          : '';
    this.#count.textContent = size === 0 ? 'No images yet.' : `${plural(size, 'good image')}.${advice}`;
    byId('here-clear').hidden = size === 0;
    this.#list.hidden = size === 0;
  }
}
