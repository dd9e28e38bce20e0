import type { TrainDetectorOptions } from '@cflow/sdk/local';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { plural } from '../dom/format.js';
import { onSubmit } from '../dom/on-submit.js';
import { problemMessage } from '../dom/problem-message.js';
import { mayBeImage, type NamedFile } from '../inspect/dropped-files.js';
import { takeFiles } from '../inspect/take-files.js';
import type { ChosenDetector } from '../places/chosen-detector.js';
import { bundleAt } from '../places/local-detector.js';
import type { LocalPlace } from '../places/place.js';
import { lossChart } from '../train/loss-chart.js';
import { LossHistory } from '../train/loss-history.js';
import { GoodImages } from './good-images.js';
import { Snapshots } from './snapshots.js';
import { type TrainedActions, TrainedView } from './trained-view.js';
import { trainingStep } from './training-words.js';

export interface TrainingHereActions extends TrainedActions {
  /** The detector whose backbone is used. */
  chosen(): ChosenDetector | undefined;
  /** Called before the camera is requested. */
  cameraStarting(): void;
}

/** Training in this page: good images in, a detector out, and nothing leaves the tab unless somebody uploads it. */
export class TrainingHere {
  readonly snapshots: Snapshots;
  readonly #client: Client;
  readonly #actions: TrainingHereActions;
  readonly #images = new GoodImages(() => void this.#look());
  readonly #result: TrainedView;
  readonly #start = byId('here-train', HTMLButtonElement);
  readonly #name = byId('here-name', HTMLInputElement);
  readonly #problem = byId('here-problem');
  readonly #chart = byId('here-chart');
  readonly #bar = byId('here-bar', HTMLProgressElement);
  readonly #text = byId('here-text');
  #training: AbortController | undefined;
  #looking: AbortController | undefined;
  #frame = 0;
  #count = 0;

  constructor(client: Client, actions: TrainingHereActions) {
    this.#client = client;
    this.#actions = actions;
    this.#result = new TrainedView(client, actions);
    this.snapshots = new Snapshots({
      starting: actions.cameraStarting,
      taken: (file) => this.#add([{ file, path: file.name }]),
    });
    const form = byId('here-form', HTMLFormElement);
    takeFiles({
      input: byId('here-files', HTMLInputElement),
      zone: form,
      target: form,
      onFiles: (files) => this.#add(files),
      onError: (error) => this.#problem.replaceChildren(problemMessage(error)),
    });
    onSubmit(form, () => void this.#train());
    byId('here-cancel').addEventListener('click', () => this.#training?.abort());
    byId('here-preset').addEventListener('change', () => this.#showEpochs());
    this.#showEpochs();
    addEventListener('beforeunload', (event) => {
      if (this.#training) event.preventDefault();
    });
  }

  /** Says whose backbone is used, after another detector was selected. */
  showBackbone(): void {
    const chosen = this.#actions.chosen();
    byId('here-backbone').textContent = chosen
      ? `On the backbone of ${chosen.name}, the detector that is chosen in Inspect.`
      : 'The backbone is that of a detector, and there is none yet: train the first one on the service or with cflow train.';
    this.#start.disabled = chosen === undefined || this.#training !== undefined;
  }

  #add(files: readonly NamedFile[]): void {
    const images = files.filter(({ file }) => mayBeImage(file)).map(({ file }) => file);
    const left = files.length - images.length;
    const notes = [
      left > 0 ? `${plural(left, 'file')} left out: not an image.` : undefined,
      this.#images.add(images),
    ].filter((note) => note !== undefined);
    this.#problem.replaceChildren(...notes.map((note) => problemMessage(note)));
  }

  /** How the images are understood, whenever they have changed. */
  async #look(): Promise<void> {
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    const place = byId('here-understood');
    const { files } = this.#images;
    if (files.length === 0) {
      place.replaceChildren();
      return;
    }
    try {
      const [{ lookAtImages }, { dataSetView }] = await Promise.all([
        import('./look-at-images.js'),
        import('../train/data-set-view.js'),
      ]);
      const report = await lookAtImages(files, looking.signal);
      if (!looking.signal.aborted) place.replaceChildren(dataSetView(report));
    } catch (error) {
      if (!looking.signal.aborted) place.replaceChildren(problemMessage(error));
    }
  }

  async #train(): Promise<void> {
    const chosen = this.#actions.chosen();
    this.#problem.replaceChildren();
    if (!chosen || this.#training) return;
    if (!this.#images.enough) {
      this.#problem.replaceChildren(problemMessage('Choose two or more images of good parts first.'));
      byId('here-files').focus();
      return;
    }
    const training = new AbortController();
    this.#training = training;
    this.#begin();
    const started = performance.now();
    const history = new LossHistory();
    let device: LocalPlace = 'wasm';
    const images = this.#images.files;
    try {
      const { trainDetector } = await import('@cflow/sdk/local');
      const bundle = await trainDetector(images, {
        ...this.#options(chosen),
        signal: training.signal,
        onProgress: (progress) => {
          if (training.signal.aborted) return;
          if (progress.stage === 'training') {
            if (progress.event.type === 'start') device = progress.event.device as LocalPlace;
            if (history.add(progress.event)) this.#draw(history);
          }
          const step = trainingStep(progress);
          if (!step) return;
          if (step.fraction === undefined) this.#bar.removeAttribute('value');
          else this.#bar.value = step.fraction;
          if (this.#text.textContent !== step.text) this.#text.textContent = step.text;
        },
      });
      const trained = { id: `${Date.now()}-${++this.#count}`, bundle, device };
      this.#end();
      this.#result.show(trained, images.length, (performance.now() - started) / 1000);
    } catch (error) {
      this.#end();
      this.#problem.replaceChildren(
        ...(training.signal.aborted ? [] : [problemMessage(error, () => void this.#train())]),
      );
      byId('here-note').textContent = training.signal.aborted ? 'Cancelled. Nothing was kept.' : '';
      this.#start.focus();
    }
  }

  #options(chosen: ChosenDetector): TrainDetectorOptions {
    const { name, reference, version, trained } = chosen;
    const epochs = byId('here-epochs', HTMLInputElement);
    const { bundle, headers, assets } = bundleAt(this.#client, name, version ?? reference);
    return {
      from: trained ? { files: trained.bundle.files, name } : bundle,
      headers,
      assets,
      name: this.#name.value,
      preset: byId('here-preset', HTMLSelectElement).value,
      device: byId('here-device', HTMLSelectElement).value as LocalPlace | 'auto',
      ...(epochs.disabled || epochs.value === '' ? {} : { overrides: { epochs: epochs.valueAsNumber } }),
    };
  }

  /** A memory is not trained, so it has no epochs. */
  #showEpochs(): void {
    byId('here-epochs', HTMLInputElement).disabled =
      byId('here-preset', HTMLSelectElement).value === 'memory';
  }

  #begin(): void {
    this.#start.disabled = true;
    this.#result.clear();
    this.#chart.replaceChildren();
    byId('here-note').textContent = '';
    this.#bar.removeAttribute('value');
    this.#text.textContent = 'Getting ready …';
    byId('here-progress').hidden = false;
    byId('here-cancel').focus();
  }

  #end(): void {
    this.#training = undefined;
    byId('here-progress').hidden = true;
    this.showBackbone();
  }

  /** Once per frame, however many events there are. */
  #draw(history: LossHistory): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#chart.replaceChildren(lossChart(history.curves));
    });
  }
}
