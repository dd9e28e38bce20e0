import { byId } from '../dom/by-id.js';
import { formatProbability, formatScore, formatTime, plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { type StripScore, scoreStrip } from './score-strip.js';
import type { VersionState } from './version-state.js';

const STEPS = 1000;

/** Threshold, false-alarm rate and how things are drawn. Changes here send no request to the service. */
export class ThresholdPanel {
  readonly #node = byId('tuning');
  readonly #slider = byId('threshold', HTMLInputElement);
  readonly #value = byId('threshold-value');
  readonly #rate = byId('false-alarm-rate', HTMLInputElement);
  readonly #reset = byId('threshold-reset', HTMLButtonElement);
  readonly #save = byId('threshold-save', HTMLButtonElement);
  readonly #saved = byId('threshold-saved');
  readonly #problem = byId('threshold-problem');
  readonly #hint = byId('threshold-hint');
  readonly #strip = byId('strip');
  readonly #scores: () => readonly StripScore[];
  #state: VersionState | undefined;

  /** @param save Makes the threshold of a version that of the detector, for everyone. */
  constructor(
    onThreshold: () => void,
    scores: () => readonly StripScore[],
    save: (state: VersionState) => Promise<void>,
  ) {
    this.#scores = scores;
    this.#save.addEventListener('click', () => void this.#keep(save).then(onThreshold));
    this.#slider.min = '0';
    this.#slider.max = String(STEPS);
    this.#slider.step = '1';
    const changed = (change: (state: VersionState) => void) => (): void => {
      if (!this.#state) return;
      change(this.#state);
      onThreshold();
    };
    this.#slider.addEventListener(
      'input',
      changed((state) => {
        const { min, max } = state.range;
        state.threshold = min + ((max - min) * Number(this.#slider.value)) / STEPS;
      }),
    );
    this.#rate.addEventListener(
      'change',
      changed((state) => {
        const rate = Number(this.#rate.value) / 100;
        if (rate > 0 && rate < 1) state.falseAlarmRate = rate;
      }),
    );
    this.#reset.addEventListener(
      'click',
      changed((state) => {
        state.threshold = state.ownThreshold;
      }),
    );
    const opacity = byId('opacity', HTMLInputElement);
    opacity.addEventListener('input', () => show(opacity));
    show(opacity);
    const boxes = byId('boxes', HTMLInputElement);
    boxes.addEventListener('change', () => document.body.classList.toggle('no-boxes', !boxes.checked));
  }

  /** Shows the current threshold of a version; nothing when there is no version. */
  show(state: VersionState | undefined): void {
    this.#state = state;
    this.#node.hidden = !state;
    if (!state) return;
    const { min, max } = state.range;
    this.#slider.value = String(Math.round(((state.threshold - min) / (max - min)) * STEPS));
    const text = formatScore(state.threshold);
    this.#value.textContent = text;
    this.#slider.setAttribute('aria-valuetext', text);
    const { falseAlarmRate } = state;
    this.#rate.disabled = falseAlarmRate === undefined;
    this.#rate.value =
      falseAlarmRate === undefined ? '' : String(Number((falseAlarmRate * 100).toPrecision(3)));
    this.#reset.disabled = state.threshold === state.ownThreshold;
    this.#save.hidden = state.settings === undefined;
    this.#save.disabled = this.#reset.disabled;
    this.#showConsequences(state);
    this.#strip.replaceChildren(
      ...scoreStrip(state.range, state.threshold, this.#scores(), state.calibration),
    );
  }

  async #keep(save: (state: VersionState) => Promise<void>): Promise<void> {
    const state = this.#state;
    if (!state) return;
    this.#problem.replaceChildren();
    this.#save.disabled = true;
    try {
      await save(state);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }

  /** What the threshold means, and since when it is in force. */
  #showConsequences({ falseAlarmRate, threshold, ownThreshold, settings }: VersionState): void {
    const scores = this.#scores();
    const bad = scores.filter((each) => each.label === 'bad').length;
    const alarms =
      falseAlarmRate === undefined
        ? ''
        : ` About ${formatProbability(falseAlarmRate)} of good parts are called bad by mistake.`;
    setText(
      this.#hint,
      `Pictures that score this much or more are bad: ${bad} of the ${plural(scores.length, 'picture')} here.${alarms}`,
    );
    const { revision = 0, at, by } = settings ?? {};
    const since = at === undefined ? '' : ` since ${formatTime(at)}${by === undefined ? '' : `, by ${by}`}`;
    const words =
      threshold !== ownThreshold
        ? `Not saved: the detector judges by ${formatScore(ownThreshold)}.`
        : revision > 0
          ? `Saved: revision ${revision}${since}.`
          : '';
    setText(this.#saved, settings ? words : '');
  }
}

/** A live region is read out again whenever it is written to. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

function show(opacity: HTMLInputElement): void {
  document.documentElement.style.setProperty('--opacity', String(Number(opacity.value) / 100));
  opacity.setAttribute('aria-valuetext', `${opacity.value} %`);
}
