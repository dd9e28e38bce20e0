import type { PredictionResult, PredictResponse, ScoreCalibration, VersionDetail } from '@cflow/spec';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { DetectorChoice } from './detector-choice.js';
import { droppedFiles, mayBeImage, type NamedFile } from './dropped-files.js';
import { readMap } from './read-map.js';
import { ResultCard } from './result-card.js';
import { ThresholdPanel } from './threshold-panel.js';
import { VersionState } from './version-state.js';

/** Images that the page keeps: their maps are held in memory so that the threshold can be moved. */
const MAX_RESULTS = 500;
/** Requests at a time; the service scores them as one batch. */
const CONCURRENCY = 4;

/** Images in, verdicts out: the upper half of the page. */
export class Inspection {
  readonly choice: DetectorChoice;
  private readonly client: Client;
  private readonly list = byId('results');
  private readonly problem = byId('drop-problem');
  private readonly cards = new Set<ResultCard>();
  private readonly queue: ResultCard[] = [];
  private readonly states = new Map<string, VersionState>();
  private readonly panel: ThresholdPanel;
  private running = 0;
  private frame = 0;
  private current: VersionState | undefined;

  constructor(client: Client) {
    this.client = client;
    this.panel = new ThresholdPanel(
      () => this.schedule(),
      () => this.scoresOf(this.current),
    );
    this.choice = new DetectorChoice(client, () => this.changed());
    this.takeFiles();
    byId('clear').addEventListener('click', () => {
      for (const card of [...this.cards]) this.remove(card);
      byId('files').focus();
    });
    byId('again').addEventListener('click', () => {
      for (const card of this.cards) this.enqueue(card);
    });
  }

  add(files: readonly NamedFile[]): void {
    const images = files.filter(({ file }) => mayBeImage(file));
    const room = images.slice(0, Math.max(0, MAX_RESULTS - this.cards.size));
    const notes = [
      images.length < files.length &&
        `${plural(files.length - images.length, 'file')} left out: not an image.`,
      room.length < images.length &&
        `${plural(images.length - room.length, 'image')} left out: the page keeps ${MAX_RESULTS} at a time. Remove some first.`,
    ].filter((note) => note !== false);
    this.problem.replaceChildren(...notes.map((note) => problemMessage(note)));
    for (const { file, path } of room) {
      const card = new ResultCard(file, path, {
        feedback: (prediction, label) => this.feedback(prediction, label),
        remove: (each) => this.remove(each),
        retry: (each) => this.enqueue(each),
      });
      this.cards.add(card);
      this.list.append(card.node);
      this.enqueue(card);
    }
    this.summarise();
  }

  private enqueue(card: ResultCard): void {
    if (this.queue.includes(card)) return;
    card.wait('Waiting …');
    this.queue.push(card);
    this.work();
  }

  private work(): void {
    while (this.running < CONCURRENCY) {
      const card = this.queue.shift();
      if (!card) return;
      this.running++;
      void this.score(card).finally(() => {
        this.running--;
        this.work();
        if (this.running === 0) void this.choice.refreshDrift();
      });
    }
  }

  private async score(card: ResultCard): Promise<void> {
    const { chosen } = this.choice;
    if (!chosen) return card.fail(new Error('Choose a detector first.'));
    card.wait('Scoring …');
    try {
      const { predictions } = await this.client.json<PredictResponse>(
        `v1/detectors/${chosen.name}@${chosen.reference}/predict`,
        {
          query: { map: 'f32', regions: false },
          body: card.file,
          headers: { 'content-type': card.file.type || 'application/octet-stream' },
          onWait: () => card.wait('The service is busy. Waiting for room …'),
        },
      );
      const prediction = predictions[0];
      if (!prediction?.map)
        throw new Error('The service sent no anomaly map, although it was asked for one.');
      if (!this.cards.has(card)) return;
      const map = readMap(prediction.map);
      const state = this.stateOf(prediction);
      state.include(
        prediction.score,
        map.data.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY),
      );
      // The text of the map is a third larger than its values, and of no more use.
      delete prediction.map;
      card.show(prediction, map, state);
      this.current = state;
    } catch (error) {
      card.fail(error);
    }
    this.repaint();
    this.schedule();
  }

  private stateOf(prediction: PredictionResult): VersionState {
    const { name, version } = prediction.detector;
    const key = `${name}@${version}`;
    let state = this.states.get(key);
    if (!state) {
      state = new VersionState(prediction);
      this.states.set(key, state);
      void this.calibrate(state);
    }
    return state;
  }

  /** Without the right to read the manifest there is a threshold, but no false-alarm rate. */
  private async calibrate(state: VersionState): Promise<void> {
    try {
      const detail = await this.client.json<VersionDetail>(
        `v1/detectors/${state.name}/versions/${state.version}`,
      );
      state.calibration = detail.manifest.calibration.score as ScoreCalibration;
      this.schedule();
    } catch {
      byId('false-alarm-rate').title = 'The service does not let this key read the calibration.';
    }
  }

  private async feedback({ id }: PredictionResult, label: 'good' | 'bad'): Promise<void> {
    await this.client.request(`v1/predictions/${encodeURIComponent(id)}/feedback`, { json: { label } });
  }

  private remove(card: ResultCard): void {
    const place = [...this.cards].indexOf(card);
    this.cards.delete(card);
    card.dispose();
    const next = [...this.cards][Math.min(place, this.cards.size - 1)];
    (next?.node.querySelector<HTMLElement>('.remove') ?? byId('files')).focus();
    this.schedule();
  }

  /** Another detector was chosen: its threshold is the one to be moved, if it has scored anything. */
  private changed(): void {
    const { chosen, chosenVersion } = this.choice;
    this.current = this.states.get(`${chosen?.name}@${chosenVersion}`);
    this.schedule();
  }

  private repaint(): void {
    for (const card of this.cards) card.paint();
  }

  /** Labels and regions once per frame, however fast the slider moves. */
  private schedule(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const card of this.cards) card.judge();
      const shown = this.scoresOf(this.current).length > 0;
      this.panel.show(shown ? this.current : undefined);
      this.summarise();
    });
  }

  private scoresOf(state: VersionState | undefined): { score: number; label: 'good' | 'bad' }[] {
    const scores = [];
    for (const { prediction, label } of this.cards) {
      if (prediction && label && prediction.detector.version === state?.version)
        scores.push({ score: prediction.score, label });
    }
    return scores;
  }

  private summarise(): void {
    const all = [...this.cards];
    const count = (test: (card: ResultCard) => boolean): number => all.filter(test).length;
    const bad = count(({ label }) => label === 'bad');
    const good = count(({ label }) => label === 'good');
    const failed = count((card) => card.failed);
    const parts = [`${bad} bad`, `${good} good`, ...(failed > 0 ? [`${failed} not scored`] : [])];
    const text = all.length === 0 ? '' : `${plural(all.length, 'image')}: ${parts.join(', ')}`;
    const summary = byId('summary');
    if (summary.textContent !== text) summary.textContent = text;
    byId('clear').hidden = all.length === 0;
    byId('again').hidden = all.length === 0;
  }

  private takeFiles(): void {
    const input = byId('files', HTMLInputElement);
    input.addEventListener('change', () => {
      this.add([...(input.files ?? [])].map((file) => ({ file, path: file.name })));
      // So that the same file can be chosen once more.
      input.value = '';
    });
    const drop = byId('drop');
    const taken = (transfer: DataTransfer): void => {
      if (byId('inspection').hidden) return;
      droppedFiles(transfer).then(
        (files) => this.add(files),
        (error: unknown) => this.problem.replaceChildren(problemMessage(error)),
      );
    };
    // Anywhere on the page: a browser would leave the page for a file that misses its place.
    addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      drop.classList.add('over');
    });
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) drop.classList.remove('over');
    });
    addEventListener('drop', (event) => {
      drop.classList.remove('over');
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      taken(event.dataTransfer);
    });
    addEventListener('paste', (event) => {
      if ((event.clipboardData?.files.length ?? 0) > 0) taken(event.clipboardData!);
    });
  }
}
