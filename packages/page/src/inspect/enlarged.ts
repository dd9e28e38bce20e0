import type { CflowViewer } from '@cflow/viewer';
import { button, element } from '../dom/element.js';
import type { ResultCard } from './result-card.js';

/** One picture as large as there is room, with zoom, comparison and threshold. */
export class Enlarged {
  readonly #title = element('h2', { id: 'enlarged-title' });
  readonly #viewer: CflowViewer = element('cflow-viewer', { controls: true, legend: true });
  readonly #dialog = element('dialog', { id: 'enlarged', 'aria-labelledby': 'enlarged-title' });
  #card: ResultCard | undefined;

  /** @param onThreshold The threshold of the detector was moved. */
  constructor(onThreshold: () => void) {
    const close = button('Close', '', () => this.#dialog.close());
    this.#dialog.append(element('div', { class: 'row' }, this.#title, close), this.#viewer);
    document.body.append(this.#dialog);
    this.#dialog.addEventListener('close', () => {
      this.#card = undefined;
      this.#viewer.src = undefined;
      this.#viewer.prediction = undefined;
    });
    this.#viewer.addEventListener('cflow-threshold', ({ detail }) => {
      if (!this.#card?.state) return;
      this.#card.state.threshold = detail.threshold;
      onThreshold();
    });
  }

  open(card: ResultCard): void {
    this.#card = card;
    this.#title.textContent = card.name;
    this.#viewer.src = card.file;
    this.#viewer.alt = card.name;
    this.draw();
    this.#dialog.showModal();
  }

  /** What is known about the picture, at the current threshold. */
  draw(): void {
    if (!this.#card) return;
    const { prediction, state } = this.#card;
    this.#viewer.prediction = prediction;
    this.#viewer.threshold = state?.threshold;
    this.#viewer.pixelThreshold = state?.pixelThreshold;
  }
}
