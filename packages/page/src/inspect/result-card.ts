import type { AnomalyMap, FeedbackInput, Prediction } from '@cflow/sdk';
import type { CflowViewer, ViewerRegion } from '@cflow/viewer';
import { button, element } from '../dom/element.js';
import { formatMilliseconds, formatProbability, formatScore, plural, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { MarkButtons } from '../marks/mark-buttons.js';
import { markPicture } from '../marks/mark-picture.js';
import type { VersionState } from './version-state.js';

export interface CardActions {
  /** Whether a prediction can be marked: only in a service that knows its detector. */
  canMark(card: ResultCard): boolean;
  /** Says what a part really was; whether the picture is kept with it. */
  mark(card: ResultCard, said: FeedbackInput): Promise<boolean>;
  enlarge(card: ResultCard): void;
  remove(card: ResultCard): void;
  retry(card: ResultCard): void;
}

/** One image: waiting, failed, or as the detector sees it. */
export class ResultCard {
  readonly node: HTMLLIElement = element('li', { class: 'card' });
  readonly file: Blob;
  readonly name: string;
  prediction: Prediction | undefined;
  label: 'good' | 'bad' | undefined;
  failed = false;
  state: VersionState | undefined;
  marks: MarkButtons | undefined;
  /** The threshold that is drawn. */
  #drawn: number | undefined;
  readonly #actions: CardActions;
  readonly #viewer: CflowViewer = element('cflow-viewer');
  readonly #chip = element('span', { class: 'chip' });
  readonly #body = element('div', { class: 'card-body' });
  readonly #regionNote = element('summary');
  readonly #regionRows = element('tbody');
  readonly #regionBox = element('details', { class: 'regions' });

  constructor(file: Blob, name: string, actions: CardActions) {
    this.file = file;
    this.name = name;
    this.#actions = actions;
    this.#viewer.src = file;
    this.#viewer.alt = name;
    const enlarge = button('', 'picture', () => actions.enlarge(this));
    enlarge.setAttribute('aria-label', `Enlarge ${name}`);
    enlarge.append(this.#viewer);
    const remove = button('×', 'quiet remove', () => actions.remove(this));
    remove.setAttribute('aria-label', `Remove ${name}`);
    remove.title = 'Remove';
    const title = element(
      'div',
      { class: 'card-title' },
      element('span', { class: 'file', title: name }, name),
      remove,
    );
    this.node.append(enlarge, title, this.#body);
    this.wait('Scoring …');
  }

  wait(text: string): void {
    this.failed = false;
    this.#body.replaceChildren(element('p', { class: 'hint waiting', role: 'status' }, text));
  }

  fail(error: unknown): void {
    this.failed = true;
    this.#body.replaceChildren(problemMessage(error, () => this.#actions.retry(this)));
  }

  show(prediction: Prediction, map: AnomalyMap, state: VersionState): void {
    this.failed = false;
    const { width, height } = prediction.original;
    this.prediction = { ...prediction, map };
    this.#viewer.prediction = this.prediction;
    this.state = state;
    this.#regionBox.replaceChildren(
      this.#regionNote,
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...['x', 'y', 'width', 'height', 'area', 'peak'].map((head) =>
              element('th', { scope: 'col' }, head),
            ),
          ),
        ),
        this.#regionRows,
      ),
      element('p', { class: 'hint' }, `In pixels of the picture, ${width} × ${height}.`),
    );
    this.#body.replaceChildren(
      element(
        'div',
        { class: 'verdict' },
        this.#chip,
        element(
          'span',
          {},
          element('span', { class: 'hint' }, 'score '),
          element('span', { class: 'figure' }, formatScore(prediction.score)),
        ),
      ),
      element(
        'p',
        { class: 'hint' },
        `${formatProbability(prediction.falseAlarmProbability)} of good parts score this high. `,
        element('span', { class: 'origin' }, `${state.name} ${shortVersion(state.version)}`),
        element('span', { class: 'origin' }, placeOf(prediction)),
      ),
      this.#regionBox,
      ...(this.#actions.canMark(this) ? [this.#marking().node] : []),
    );
    this.#drawn = undefined;
    this.judge();
    this.draw();
  }

  /** The label at the current threshold. */
  judge(): void {
    const { prediction, state } = this;
    if (!prediction || !state) return;
    const label = prediction.score >= state.threshold ? 'bad' : 'good';
    if (this.label === label && this.node.dataset.label === label) return;
    this.label = label;
    this.node.dataset.label = label;
    this.#chip.textContent = label;
  }

  /** Whether colors or regions are not yet those of the current threshold. */
  get stale(): boolean {
    return this.state !== undefined && this.#drawn !== this.state.threshold;
  }

  /** Colors and regions: a millisecond or more, so there is not time for all cards in one frame. */
  draw(): void {
    const { state } = this;
    const viewer = this.#viewer;
    if (!state || !this.stale) return;
    this.#drawn = state.threshold;
    viewer.threshold = state.threshold;
    viewer.pixelThreshold = state.pixelThreshold;
    const { found } = viewer;
    this.#regionNote.textContent = plural(found.length, 'region');
    this.#regionRows.replaceChildren(...found.map(rowOf));
    this.#regionBox.hidden = found.length === 0;
  }

  /** How many regions stand out at the threshold that is drawn. */
  get regions(): number {
    return this.#viewer.found.length;
  }

  dispose(): void {
    this.node.remove();
  }

  /** What the detector marks, in pixels of the picture. */
  get #foundInPicture(): { x: number; y: number; width: number; height: number }[] {
    return this.#viewer.found.map(({ box }) => box);
  }

  #marking(): MarkButtons {
    const words = (kept: boolean): string => (kept ? 'Noted, with the picture.' : 'Noted.');
    this.marks = new MarkButtons(
      this.name,
      async (label) => words(await this.#actions.mark(this, { label })),
      async () => {
        const said = await markPicture({ name: this.name, image: this.file, found: this.#foundInPicture });
        return said && { label: said.label, words: words(await this.#actions.mark(this, said)) };
      },
    );
    return this.marks;
  }
}

/** Which device answered, where, and how long it took. */
function placeOf({ detector, where, milliseconds }: Prediction): string {
  const place = where === 'remote' ? `${detector.device} of the server` : `${detector.device} in this page`;
  return `${place}, ${formatMilliseconds(milliseconds)}`;
}

function rowOf({ box, area, peak }: ViewerRegion): HTMLTableRowElement {
  const cells = [box.x, box.y, box.width, box.height, area, formatScore(peak.value)];
  return element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));
}
