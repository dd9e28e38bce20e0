import { SingleBar } from 'cli-progress';
import { BAR_STYLE } from './bar-style.js';
import { formatClock } from './format.js';

/** A bar for work on many images; nothing at all where stderr is not a terminal. */
export class ScanBar {
  readonly #bar: SingleBar | undefined;
  readonly #start: number = performance.now();
  readonly #total: number;

  constructor(label: string, total: number, shown: boolean = process.stderr.isTTY ?? false) {
    this.#total = total;
    if (!shown) return;
    this.#bar = new SingleBar({ ...BAR_STYLE, format: `${label}  {bar}  {value} of {total}{left}` });
    this.#bar.start(total, 0, { left: '' });
  }

  update(done: number): void {
    const seconds = (performance.now() - this.#start) / 1000;
    const left =
      done > 0 && seconds > 1 ? `, ${formatClock((seconds * (this.#total - done)) / done)} left` : '';
    this.#bar?.update(done, { left });
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
  }
}
