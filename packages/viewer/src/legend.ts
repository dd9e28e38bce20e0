import { ANOMALY_COLORS, anomalyOpacity } from '@cflow/visual';
import type { Findings, Thresholds } from './findings.js';
import { formatValue } from './format-value.js';
import type { ViewerColors } from './viewer-prediction.js';

/** What was found and what the colors mean, in a line. */
export class Legend {
  readonly node: HTMLElement = document.createElement('p');
  readonly #words = document.createElement('span');
  readonly #key = document.createElement('span');
  readonly #swatch = document.createElement('span');
  readonly #meaning = document.createElement('span');

  constructor() {
    this.node.className = 'legend';
    this.node.setAttribute('part', 'legend');
    this.#key.className = 'key';
    this.#swatch.className = 'swatch';
    this.#key.append(this.#swatch, this.#meaning);
    this.node.append(this.#words, this.#key);
  }

  /** @param own The detector's pixel threshold. */
  show({ label, words }: Findings, { pixel }: Thresholds, own: number, colors: ViewerColors): void {
    this.#words.textContent = words[0]!.toUpperCase() + words.slice(1);
    const full = pixel + (Math.abs(own) || 1);
    if (colors === 'spectrum') {
      this.#swatch.style.background = 'linear-gradient(90deg, #30123b, #28bceb, #a4fc3c, #fb8022, #7a0403)';
      this.#meaning.textContent = `0 to ${formatValue(2 * own)}; the threshold is in the middle`;
      return;
    }
    const [red, green, blue] = ANOMALY_COLORS[colors];
    const at = (level: number): string => `rgb(${red} ${green} ${blue} / ${anomalyOpacity(level)})`;
    // Over a gray, as over a picture.
    this.#swatch.style.background = `linear-gradient(90deg, ${at(0)}, ${at(0.25)}, ${at(1)}), #b5b5b5`;
    this.#meaning.textContent =
      label === 'good'
        ? 'Nothing is marked below the threshold'
        : `anomalous, from ${formatValue(pixel)} to ${formatValue(full)} and more`;
  }
}
