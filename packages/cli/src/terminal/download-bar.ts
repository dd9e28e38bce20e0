import { SingleBar } from 'cli-progress';
import { BAR_STYLE } from './bar-style.js';
import { formatBytes } from './format.js';
import { noteLine } from './output.js';

/** A bar on a terminal, a line now and then elsewhere. */
export class DownloadBar {
  #bar: SingleBar | undefined;
  #nextShare = 0.25;

  update(received: number, total: number): void {
    if (!process.stderr.isTTY) {
      if (received / total < this.#nextShare) return;
      noteLine(`${formatBytes(received)} of ${formatBytes(total)}`);
      this.#nextShare += 0.25;
      return;
    }
    if (!this.#bar) {
      this.#bar = new SingleBar({ ...BAR_STYLE, format: 'fetching  {bar}  {text}' });
      this.#bar.start(total, 0, { text: '' });
    }
    this.#bar.update(received, { text: `${formatBytes(received)} of ${formatBytes(total)}` });
  }

  /** Another one may follow. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#nextShare = 0.25;
  }
}
