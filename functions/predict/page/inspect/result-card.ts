import { findRegions } from '@cflow/evaluation';
import type { Prediction } from '@cflow/sdk';
import type { Region, ScalarMap } from '@cflow/spec';
import { button, element, svg } from '../dom/element.js';
import { formatMilliseconds, formatProbability, formatScore, plural, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { paintMap } from './colors.js';
import type { VersionState } from './version-state.js';

/** As many as the service lists unless told otherwise. */
const MAX_REGIONS = 100;

export interface CardActions {
  /** On a prediction of the service, by its id. */
  feedback(id: string, label: 'good' | 'bad'): Promise<void>;
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
  private state: VersionState | undefined;
  /** What is drawn: threshold and colours. */
  private drawn = '';
  private map: ScalarMap | undefined;
  private readonly address: string;
  private readonly actions: CardActions;
  private readonly picture = element('div', { class: 'picture' });
  private readonly image = element('img', { alt: '' });
  private readonly heat = element('canvas', { class: 'heat', 'aria-hidden': 'true' });
  private readonly boxes = svg('svg', { class: 'boxes', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  private readonly chip = element('span', { class: 'chip' });
  private readonly body = element('div', { class: 'card-body' });
  private readonly regionNote = element('summary');
  private readonly regionRows = element('tbody');

  constructor(file: Blob, name: string, actions: CardActions) {
    this.file = file;
    this.name = name;
    this.actions = actions;
    this.address = URL.createObjectURL(file);
    this.image.src = this.address;
    this.image.addEventListener('error', () => {
      this.image.hidden = true;
      this.picture.classList.add('unshown');
    });
    this.picture.append(this.image);
    const remove = button('×', 'quiet remove', () => actions.remove(this));
    remove.setAttribute('aria-label', `Remove ${name}`);
    remove.title = 'Remove';
    const title = element(
      'div',
      { class: 'card-title' },
      element('span', { class: 'file', title: name }, name),
      remove,
    );
    this.node.append(this.picture, title, this.body);
    this.wait('Scoring …');
  }

  wait(text: string): void {
    this.failed = false;
    this.body.replaceChildren(element('p', { class: 'hint waiting', role: 'status' }, text));
  }

  fail(error: unknown): void {
    this.failed = true;
    this.body.replaceChildren(problemMessage(error, () => this.actions.retry(this)));
  }

  show(prediction: Prediction, map: ScalarMap, state: VersionState): void {
    this.failed = false;
    this.prediction = prediction;
    this.map = map;
    this.state = state;
    const { width, height } = prediction.original;
    this.picture.style.aspectRatio = `${width} / ${height}`;
    this.boxes.setAttribute('viewBox', `0 0 ${map.width} ${map.height}`);
    this.picture.classList.add('scored');
    this.picture.replaceChildren(this.image, this.heat, this.boxes);
    this.body.replaceChildren(
      element(
        'div',
        { class: 'verdict' },
        this.chip,
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
      element(
        'details',
        { class: 'regions' },
        this.regionNote,
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
          this.regionRows,
        ),
        element('p', { class: 'hint' }, `In pixels of the map, ${map.width} × ${map.height}.`),
      ),
      ...(prediction.id === undefined ? [] : [this.feedback(prediction.id)]),
    );
    this.drawn = '';
    this.judge();
    this.draw();
  }

  /** The label at the threshold as it is now. */
  judge(): void {
    const { prediction, state } = this;
    if (!prediction || !state) return;
    const label = prediction.score >= state.threshold ? 'bad' : 'good';
    if (this.label === label && this.node.dataset.label === label) return;
    this.label = label;
    this.node.dataset.label = label;
    this.chip.textContent = label;
  }

  /** Whether colours or regions are not those of the scale and the threshold as they are now. */
  get stale(): boolean {
    return this.state !== undefined && this.drawn !== drawingOf(this.state);
  }

  /** Colours and regions: a millisecond or more, so that there is no time for all cards in one frame. */
  draw(): void {
    const { map, state } = this;
    if (!map || !state || !this.stale) return;
    this.drawn = drawingOf(state);
    paintMap(this.heat, map, state.colors);
    const regions = findRegions(map, state.threshold, { limit: MAX_REGIONS });
    this.image.alt = `${this.name}: ${this.label}, ${plural(regions.length, 'region')}`;
    const full = regions.length === MAX_REGIONS;
    this.regionNote.textContent = full
      ? `The ${MAX_REGIONS} highest regions`
      : plural(regions.length, 'region');
    this.boxes.replaceChildren(...regions.map(boxOf));
    this.regionRows.replaceChildren(...regions.map(rowOf));
  }

  dispose(): void {
    URL.revokeObjectURL(this.address);
    this.node.remove();
  }

  private feedback(id: string): HTMLElement {
    const note = element('span', { class: 'hint', role: 'status' });
    const choices = (['good', 'bad'] as const).map((label) => {
      const choice = button(label === 'good' ? 'Good' : 'Bad', 'choice', () => void say(label, choice));
      choice.setAttribute('aria-pressed', 'false');
      choice.setAttribute('aria-label', `${this.name} is actually ${label}`);
      return choice;
    });
    const row = element('div', { class: 'feedback' }, element('span', {}, 'Actually'), ...choices, note);
    const say = async (label: 'good' | 'bad', choice: HTMLButtonElement): Promise<void> => {
      for (const each of choices) each.disabled = true;
      try {
        await this.actions.feedback(id, label);
        for (const each of choices) each.setAttribute('aria-pressed', String(each === choice));
        note.textContent = 'Noted.';
        row.nextElementSibling?.remove();
      } catch (error) {
        row.nextElementSibling?.remove();
        row.after(problemMessage(error));
      }
      for (const each of choices) each.disabled = false;
      choice.focus();
    };
    return row;
  }
}

function drawingOf({ threshold, colors }: VersionState): string {
  return `${threshold} ${colors.min} ${colors.max}`;
}

/** Which device has answered, where, and how long it took. */
function placeOf({ detector, where, milliseconds }: Prediction): string {
  const place = where === 'remote' ? `${detector.device} of the server` : `${detector.device} in this page`;
  return `${place}, ${formatMilliseconds(milliseconds)}`;
}

export function boxOf({ box }: Region): SVGRectElement {
  return svg('rect', { x: box.x, y: box.y, width: box.width, height: box.height });
}

function rowOf({ box, area, peak }: Region): HTMLTableRowElement {
  const cells = [box.x, box.y, box.width, box.height, area, formatScore(peak.value)];
  return element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));
}
