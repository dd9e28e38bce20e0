import type { FeedbackInput, Prediction } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import type { Decisions } from '../api/decisions.js';
import type { Marks } from '../api/marks.js';
import { byId } from '../dom/by-id.js';
import { plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { saveFile } from '../dom/save-file.js';
import type { ChosenDetector } from '../places/chosen-detector.js';
import type { Places } from '../places/places.js';
import { DetectorChoice } from './detector-choice.js';
import { droppedFiles, mayBeImage, type NamedFile } from './dropped-files.js';
import { Enlarged } from './enlarged.js';
import { ResultCard } from './result-card.js';
import { ResultList } from './result-list.js';
import { resultsCsv } from './results-csv.js';
import type { StripScore } from './score-strip.js';
import { SlicedWork } from './sliced-work.js';
import { takeFiles } from './take-files.js';
import { ThresholdPanel } from './threshold-panel.js';
import type { VersionState } from './version-state.js';
import { VersionStates } from './version-states.js';

/** Images that the page keeps: their maps are held in memory so that the threshold can be moved. */
const MAX_RESULTS = 500;

export interface InspectionParts {
  client: Client;
  places: Places;
  marks: Marks;
  decisions: Decisions;
}

/** Images in, verdicts out. */
export class Inspection {
  readonly choice: DetectorChoice;
  /** Whatever else is judged at the threshold: its score, if it has one. */
  readonly live: { score?: StripScore | undefined; judge?: () => void } = {};
  readonly #marks: Marks;
  readonly #results = new ResultList(() => this.#cards);
  readonly #places: Places;
  readonly #onChosen: () => void;
  readonly #list = byId('results');
  readonly #problem = byId('drop-problem');
  readonly #cards = new Set<ResultCard>();
  readonly #queue: ResultCard[] = [];
  readonly #states: VersionStates;
  readonly #panel: ThresholdPanel;
  readonly #enlarged: Enlarged = new Enlarged(() => this.schedule());
  /** Colors and regions; labels are updated at once. */
  readonly #drawing = new SlicedWork<ResultCard>((card) => card.draw());
  #running = 0;
  #frame = 0;
  #current: VersionState | undefined;

  /** @param onChosen Called when another detector was chosen. */
  constructor({ client, places, marks, decisions }: InspectionParts, onChosen: () => void) {
    this.#marks = marks;
    this.#places = places;
    this.#onChosen = onChosen;
    this.#states = new VersionStates(client, places, decisions, () => this.schedule());
    this.#panel = new ThresholdPanel(
      () => this.schedule(),
      () => this.#scoresOf(this.#current),
      (state) => this.#states.save(state),
    );
    this.choice = new DetectorChoice(client, () => this.#changed());
    this.#takeFiles();
    byId('clear').addEventListener('click', () => {
      for (const card of [...this.#cards]) this.#remove(card);
      byId('files').focus();
    });
    byId('export').addEventListener('click', () => {
      saveFile('results.csv', new Blob([resultsCsv(this.#results.sorted)], { type: 'text/csv' }));
    });
    byId('again').addEventListener('click', () => {
      for (const card of this.#cards) this.#enqueue(card);
    });
  }

  add(files: readonly NamedFile[]): void {
    const images = files.filter(({ file }) => mayBeImage(file));
    const room = images.slice(0, Math.max(0, MAX_RESULTS - this.#cards.size));
    const notes = [
      images.length < files.length &&
        `${plural(files.length - images.length, 'file')} left out: not an image.`,
      room.length < images.length &&
        `${plural(images.length - room.length, 'image')} left out: the page keeps ${MAX_RESULTS} at a time. Remove some first.`,
    ].filter((note) => note !== false);
    this.#problem.replaceChildren(...notes.map((note) => problemMessage(note)));
    for (const { file, path } of room) {
      const card = new ResultCard(file, path, {
        canMark: ({ prediction, state }) => prediction?.id !== undefined || state?.ofService === true,
        mark: (each, said) => this.#mark(each, said),
        enlarge: (each) => this.#enlarged.open(each),
        remove: (each) => this.#remove(each),
        retry: (each) => this.#enqueue(each),
      });
      this.#cards.add(card);
      this.#list.append(card.node);
      this.#enqueue(card);
    }
    this.#summarise();
  }

  /** What is on the page, in the order of the page. */
  get pictures(): NamedFile[] {
    return this.#results.sorted.map(({ file, name }) => ({ file: file as File, path: name }));
  }

  /** Scores an image in the chosen place, and widens the range of its version by the score. */
  async predict(
    image: Blob | ImageBitmap,
    signal?: AbortSignal,
  ): Promise<{ prediction: Prediction; map: NonNullable<Prediction['map']>; state: VersionState }> {
    const { chosen } = this.choice;
    const { map, ...prediction } = await this.#places.predict(image, signal);
    if (!map) throw new Error('There is no anomaly map, although it was asked for.');
    if (chosen?.trained) chosen.trained.version = prediction.detector.version;
    const state = this.#states.of(prediction);
    state.include(prediction.score);
    state.ofService ||= prediction.where === 'remote' || !chosen?.trained;
    if (sameDetector(chosen, this.choice.chosen)) this.#current = state;
    this.schedule();
    return { prediction, map, state };
  }

  /** Labels now, colors and regions as there is time, however fast the slider moves. */
  schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const card of this.#cards) card.judge();
      this.live.judge?.();
      this.#enlarged.draw();
      this.#drawing.start([...this.#cards].filter((card) => card.stale));
      const shown = this.#scoresOf(this.#current).length > 0;
      this.#panel.show(shown ? this.#current : undefined);
      this.#results.arrange();
      this.#summarise();
    });
  }

  #enqueue(card: ResultCard): void {
    if (this.#queue.includes(card)) return;
    card.wait('Waiting …');
    this.#queue.push(card);
    this.#work();
  }

  #work(): void {
    while (this.#running < this.#places.concurrency) {
      const card = this.#queue.shift();
      if (!card) return;
      this.#running++;
      void this.#score(card).finally(() => {
        this.#running--;
        this.#work();
        if (this.#running === 0) void this.choice.refreshDrift();
      });
    }
  }

  async #score(card: ResultCard): Promise<void> {
    card.wait('Scoring …');
    try {
      const { prediction, map, state } = await this.predict(card.file);
      if (this.#cards.has(card)) card.show(prediction, map, state);
    } catch (error) {
      card.fail(error);
    }
    this.schedule();
  }

  /** Images that were scored in this page are scored by the service, too, once somebody marks them. */
  async #mark(card: ResultCard, said: FeedbackInput): Promise<boolean> {
    const { prediction, file } = card;
    if (!prediction) return false;
    const { detector } = prediction;
    prediction.id ??= await this.#marks.predictionOf(detector, file);
    return this.#marks.mark({ id: prediction.id, name: detector.name }, said, file);
  }

  #remove(card: ResultCard): void {
    const place = [...this.#cards].indexOf(card);
    this.#cards.delete(card);
    this.#drawing.forget(card);
    const waiting = this.#queue.indexOf(card);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    card.dispose();
    const next = [...this.#cards][Math.min(place, this.#cards.size - 1)];
    (next?.node.querySelector<HTMLElement>('.remove') ?? byId('files')).focus();
    this.schedule();
  }

  /** Another detector was selected: its threshold is now the one to move, if it has scored anything. */
  #changed(): void {
    const { chosen } = this.choice;
    this.#places.aim(chosen);
    this.#current = this.#states.find(chosen);
    this.#onChosen();
    this.schedule();
  }

  #scoresOf(state: VersionState | undefined): StripScore[] {
    const scores: StripScore[] = [];
    if (!state) return scores;
    for (const { prediction, label } of this.#cards) {
      if (prediction && label && prediction.detector.version === state.version)
        scores.push({ score: prediction.score, label });
    }
    if (this.live.score) scores.push(this.live.score);
    return scores;
  }

  #summarise(): void {
    const all = [...this.#cards];
    const count = (test: (card: ResultCard) => boolean): number => all.filter(test).length;
    const bad = count(({ label }) => label === 'bad');
    const good = count(({ label }) => label === 'good');
    const failed = count((card) => card.failed);
    const parts = [`${bad} bad`, `${good} good`, ...(failed > 0 ? [`${failed} not scored`] : [])];
    const text = all.length === 0 ? '' : `${plural(all.length, 'image')}: ${parts.join(', ')}`;
    const summary = byId('summary');
    if (summary.textContent !== text) summary.textContent = text;
    const decided = good + bad > 0;
    const verdict = byId('verdict');
    verdict.hidden = !decided;
    verdict.textContent = bad > 0 ? 'NG' : 'OK';
    verdict.dataset.label = bad > 0 ? 'bad' : 'good';
    for (const id of ['color-key', 'clear', 'again', 'arrange']) byId(id).hidden = all.length === 0;
    byId('export', HTMLButtonElement).disabled = !decided;
  }

  #takeFiles(): void {
    const onFiles = (files: NamedFile[]): void => {
      if (!byId('inspection').hidden) this.add(files);
    };
    const onError = (error: unknown): void => this.#problem.replaceChildren(problemMessage(error));
    takeFiles({
      input: byId('files', HTMLInputElement),
      zone: byId('drop'),
      // Anywhere on the page: a browser would leave the page for a file that misses the drop area.
      target: window,
      onFiles,
      onError,
    });
    addEventListener('paste', ({ clipboardData }) => {
      if (clipboardData && clipboardData.files.length > 0) droppedFiles(clipboardData).then(onFiles, onError);
    });
  }
}

function sameDetector(a: ChosenDetector | undefined, b: ChosenDetector | undefined): boolean {
  return a?.name === b?.name && a?.reference === b?.reference;
}
