import type { TrainingEvent } from '@cflow/training';
import { MultiBar, type SingleBar } from 'cli-progress';
import { count, formatBytes, formatNumber } from '../format.js';
import { shorten } from '../table.js';
import { eventText, leftText, type TrainingView } from './event-text.js';

const LONGEST_LABEL = 28;

/** Bars that move in place: features, the whole training, each layer, and what comes after. */
export class BarProgress implements TrainingView {
  readonly #bars: MultiBar;
  readonly #stream: NodeJS.WriteStream;
  #epochs = 1;
  readonly #verbose: boolean;
  readonly #layers: Map<string, { bar: SingleBar; epoch: number; loss: string; heldOut: string }> = new Map();
  #labelWidth = 8;
  #weights: SingleBar | undefined;
  #images: SingleBar | undefined;
  #training: SingleBar | undefined;
  #finishing: SingleBar | undefined;
  #running: Set<string> = new Set();
  #testImages = 0;

  constructor(stream: NodeJS.WriteStream, verbose: boolean) {
    this.#stream = stream;
    this.#verbose = verbose;
    this.#bars = new MultiBar({
      stream,
      format: '{label}  {bar}  {text}',
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      gracefulExit: false,
      linewrap: false,
      fps: 10,
    });
  }

  event(event: TrainingEvent): void {
    const text = eventText(event, this.#verbose);
    if (text !== undefined) this.#log(text);
    switch (event.type) {
      case 'start':
        this.#labelWidth = Math.min(
          LONGEST_LABEL,
          Math.max(8, ...event.layers.map(({ name }) => name.length + 2)),
        );
        this.#testImages = event.testImages;
        this.#epochs = event.epochs;
        for (const { name } of event.layers) this.#running.add(name);
        return;
      case 'fetching':
        this.#weights ??= this.#bar('backbone', event.total);
        this.#weights.update(event.done, {
          text: `${formatBytes(event.done)} of ${formatBytes(event.total)} of ${event.backbone}`,
        });
        return;
      case 'features':
        this.#images ??= this.#bar('features', event.total);
        this.#images.update(event.done, {
          text: `${event.done} of ${count(event.total, 'image')}${leftText(event.secondsLeft)}`,
        });
        return;
      case 'comparing':
        this.#training ??= this.#bar('memory', event.total);
        this.#training.update(event.done, {
          text: `${event.done} of ${count(event.total, 'image')} compared${leftText(event.secondsLeft)}`,
        });
        return;
      case 'progress':
        this.#step(event);
        return;
      case 'epoch':
        this.#epoch(event);
        return;
      case 'calibrated':
        this.#finish(
          1,
          this.#testImages > 0 ? `evaluating on ${count(this.#testImages, 'image')}` : 'writing the bundle',
        );
        return;
      case 'done':
        this.#finish(2, 'done');
        return;
      default:
    }
  }

  close(): void {
    this.#bars.stop();
  }

  #step({ layer, epoch, loss, fraction, secondsLeft }: Extract<TrainingEvent, { type: 'progress' }>): void {
    this.#training ??= this.#bar('training', 1000);
    this.#training.update(Math.round(fraction * 1000), {
      text: `${Math.floor(fraction * 100)} %${leftText(secondsLeft)}`,
    });
    const line = this.#layer(layer);
    line.epoch = epoch;
    line.loss = formatNumber(loss);
    // An epoch that has begun counts as half, since its progress is not reported.
    this.#updateLayer(line, epoch - 0.5);
  }

  #epoch({ layer, epoch, loss, heldOut, stopped }: Extract<TrainingEvent, { type: 'epoch' }>): void {
    const line = this.#layer(layer);
    line.epoch = epoch;
    line.loss = formatNumber(loss);
    line.heldOut = heldOut === null ? '' : `  held-out ${formatNumber(heldOut)}`;
    const finished = stopped || epoch >= this.#epochs;
    this.#updateLayer(line, finished ? this.#epochs : epoch, stopped ? '  stopped: no progress' : '');
    if (finished) this.#running.delete(layer);
    if (this.#running.size > 0) return;
    this.#training?.update(1000, { text: '100 %' });
    this.#finish(0, 'calibrating on good images');
  }

  #layer(name: string): { bar: SingleBar; epoch: number; loss: string; heldOut: string } {
    let line = this.#layers.get(name);
    if (!line) {
      line = { bar: this.#bar(`  ${name}`, this.#epochs), epoch: 1, loss: '', heldOut: '' };
      this.#layers.set(name, line);
    }
    return line;
  }

  #updateLayer(
    { bar, epoch, loss, heldOut }: { bar: SingleBar; epoch: number; loss: string; heldOut: string },
    value: number,
    end = '',
  ): void {
    const text = `epoch ${`${epoch}`.padStart(`${this.#epochs}`.length)}/${this.#epochs}  loss ${loss}${heldOut}${end}`;
    bar.update(value, { text });
  }

  #finish(value: number, text: string): void {
    this.#finishing ??= this.#bar('bundle', 2);
    this.#finishing.update(value, { text });
  }

  #bar(label: string, total: number): SingleBar {
    const shown = shorten(label, this.#labelWidth).padEnd(this.#labelWidth);
    return this.#bars.create(total, 0, { label: shown, text: '' });
  }

  #log(text: string): void {
    // Before the first bar there is nothing to write above.
    if (this.#weights || this.#images || this.#training) this.#bars.log(`${text}\n`);
    else this.#stream.write(`${text}\n`);
  }
}
