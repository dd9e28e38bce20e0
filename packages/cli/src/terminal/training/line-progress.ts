import type { TrainingEvent } from '@cflow/training';
import { count, formatBytes, formatNumber } from '../format.js';
import { eventText, leftText, type TrainingView } from './event-text.js';

const SECONDS_BETWEEN_LINES = 15;

/** Progress as plain lines, few enough for a log. */
export class LineProgress implements TrainingView {
  readonly #write: (line: string) => void;
  #epochs = 1;
  readonly #verbose: boolean;
  #last = performance.now();
  #secondsLeft: number | null = null;

  constructor(write: (line: string) => void, verbose: boolean) {
    this.#write = write;
    this.#verbose = verbose;
  }

  event(event: TrainingEvent): void {
    if (event.type === 'start') this.#epochs = event.epochs;
    const text = eventText(event, this.#verbose) ?? this.#progressText(event);
    if (text !== undefined) this.#write(text);
  }

  close(): void {}

  #progressText(event: TrainingEvent): string | undefined {
    switch (event.type) {
      case 'fetching': {
        const { backbone, done, total } = event;
        if (done < total && !this.#isDue()) return undefined;
        return `fetched ${formatBytes(done)} of ${formatBytes(total)} of ${backbone}`;
      }
      case 'features':
        if (event.done < event.total && !this.#isDue()) return undefined;
        return `features of ${event.done} of ${count(event.total, 'image')}${leftText(event.secondsLeft)}`;
      case 'comparing':
        if (event.done < event.total && !this.#isDue()) return undefined;
        return `compared ${event.done} of ${count(event.total, 'image')} with the others${leftText(event.secondsLeft)}`;
      case 'progress': {
        this.#secondsLeft = event.secondsLeft;
        if (!this.#isDue()) return undefined;
        const { layer, epoch, loss, fraction } = event;
        return `${Math.floor(fraction * 100)} %: ${layer}, epoch ${epoch} of ${this.#epochs}, loss ${formatNumber(loss)}${this.#left()}`;
      }
      case 'epoch': {
        const { layer, epoch, epochs, loss, heldOut, stopped } = event;
        const likelihood = heldOut === null ? '' : `, held-out ${formatNumber(heldOut)}`;
        const end = stopped ? ', stopped: no progress' : this.#left();
        return `${layer}: epoch ${epoch} of ${epochs}, loss ${formatNumber(loss)}${likelihood}${end}`;
      }
      case 'calibrated':
        return `calibrated on ${count(event.images, 'good image')}`;
      case 'evaluated':
        return `evaluated on ${count(event.metrics.images, 'test image')}`;
      default:
        return undefined;
    }
  }

  #left(): string {
    return leftText(this.#secondsLeft);
  }

  #isDue(): boolean {
    const now = performance.now();
    if (now - this.#last < SECONDS_BETWEEN_LINES * 1000) return false;
    this.#last = now;
    return true;
  }
}
