import { formatValue } from './format-value.js';
import type { ViewerColors } from './viewer-prediction.js';

/** What the toolbar can set, and how it stands. */
export interface ToolbarState {
  threshold: number;
  /** Ends of the slider of the threshold. */
  range: readonly [low: number, high: number];
  colors: ViewerColors;
  /** Share of the picture, from the left, that is shown as photographed: 0 to 1; undefined while nothing is compared. */
  before: number | undefined;
}

export interface ToolbarActions {
  zoomIn(): void;
  zoomOut(): void;
  zoomReset(): void;
  setThreshold(value: number): void;
  resetThreshold(): void;
  setColors(colors: ViewerColors): void;
  setBefore(share: number | undefined): void;
}

const STEPS = 1000;
const COLORS: readonly [ViewerColors, string][] = [
  ['red', 'Red'],
  ['blue', 'Blue'],
  ['yellow', 'Yellow'],
  ['spectrum', 'All of the map'],
];

/** Buttons and sliders under the picture. */
export class Toolbar {
  readonly node: HTMLElement = document.createElement('div');
  readonly #threshold = range('Threshold');
  readonly #value = document.createElement('span');
  readonly #compare: HTMLButtonElement;
  readonly #before = range('Before and after');
  readonly #colors = document.createElement('select');
  #state: ToolbarState | undefined;

  constructor(actions: ToolbarActions) {
    this.node.className = 'toolbar';
    this.node.setAttribute('part', 'toolbar');
    const zoom = document.createElement('span');
    zoom.className = 'group';
    zoom.append(
      button('−', 'Zoom out', actions.zoomOut),
      button('+', 'Zoom in', actions.zoomIn),
      button('Fit', 'show the whole picture', actions.zoomReset),
    );
    this.#value.className = 'value';
    this.#compare = button('Compare', 'with the picture as photographed', () =>
      actions.setBefore(this.#state?.before === undefined ? 0.5 : undefined),
    );
    this.#before.addEventListener('input', () => actions.setBefore(Number(this.#before.value) / STEPS));
    this.#threshold.addEventListener('input', () => {
      const [low, high] = this.#state?.range ?? [0, 1];
      actions.setThreshold(low + ((high - low) * Number(this.#threshold.value)) / STEPS);
    });
    for (const [value, text] of COLORS) this.#colors.add(new Option(text, value));
    this.#colors.addEventListener('change', () => actions.setColors(this.#colors.value as ViewerColors));
    this.node.append(
      zoom,
      this.#compare,
      this.#before,
      labelled('Threshold', this.#threshold, this.#value),
      button('Reset', "to the detector's threshold", actions.resetThreshold),
      labelled('Color', this.#colors),
    );
  }

  show(state: ToolbarState): void {
    this.#state = state;
    const {
      threshold,
      range: [low, high],
      colors,
      before,
    } = state;
    this.#threshold.value = String(Math.round((STEPS * (threshold - low)) / (high - low)));
    this.#value.textContent = formatValue(threshold);
    this.#threshold.setAttribute('aria-valuetext', formatValue(threshold));
    this.#colors.value = colors;
    this.#compare.setAttribute('aria-pressed', String(before !== undefined));
    this.#before.hidden = before === undefined;
    this.#before.value = String(Math.round(STEPS * (before ?? 0.5)));
  }
}

function range(label: string): HTMLInputElement {
  const input = document.createElement('input');
  input.type = 'range';
  input.min = '0';
  input.max = String(STEPS);
  input.setAttribute('aria-label', label);
  return input;
}

function labelled(text: string, ...nodes: Node[]): HTMLLabelElement {
  const label = document.createElement('label');
  label.append(text, ...nodes);
  return label;
}

function button(text: string, label: string, onClick: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.type = 'button';
  node.textContent = text;
  const named = /^\w/.test(text) ? `${text} ${label}` : label;
  node.title = named;
  // What is read out begins with what is seen, so that it can be said to the computer.
  node.setAttribute('aria-label', named);
  node.addEventListener('click', onClick);
  return node;
}
