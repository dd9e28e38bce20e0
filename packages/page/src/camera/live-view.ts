import type { Prediction } from '@cflow/sdk';
import { CflowViewer } from '@cflow/viewer';
import { byId } from '../dom/by-id.js';
import { formatMilliseconds, formatScore, plural } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import type { Inspection } from '../inspect/inspection.js';
import type { VersionState } from '../inspect/version-state.js';
import { Camera } from './camera.js';
import { eachFrame } from './each-frame.js';
import { FrameMeter } from './frame-meter.js';
import { startByButton } from './start-by-button.js';

/** Milliseconds between two verdicts that are read out: a camera gives more than anybody can listen to. */
const SPOKEN_EVERY = 3000;

interface Scored {
  prediction: Prediction;
  map: NonNullable<Prediction['map']>;
  state: VersionState;
}

/** The camera at live rate: one frame is scored at a time, and frames that come meanwhile are dropped, not queued. */
export class LiveView {
  readonly #inspection: Inspection;
  readonly #camera: Camera;
  readonly #panel = byId('live');
  readonly #start = byId('live-start', HTMLButtonElement);
  readonly #problem = byId('live-problem');
  readonly #viewer = byId('live-picture', CflowViewer);
  readonly #chip = byId('live-chip');
  readonly #score = byId('live-score');
  readonly #rate = byId('live-rate');
  readonly #device = byId('live-device');
  readonly #spoken = byId('live-spoken');
  #running: AbortController | undefined;
  #meter = new FrameMeter();
  #scored: Scored | undefined;
  #spokenAt = 0;
  #kept = 0;
  readonly #onStart: () => void;

  /** @param onStart Called before the camera is requested, so that others release it. */
  constructor(inspection: Inspection, onStart: () => void) {
    this.#inspection = inspection;
    this.#onStart = onStart;
    this.#camera = new Camera(byId('live-video', HTMLVideoElement), () => {
      this.stop();
      this.#problem.replaceChildren(problemMessage('The camera is gone. Connect it and start it again.'));
    });
    this.#start.addEventListener('click', () => void this.#run());
    byId('live-stop').addEventListener('click', () => {
      this.stop();
      this.#start.focus();
    });
    byId('live-keep').addEventListener('click', () => void this.#keep());
    inspection.live.judge = () => this.#judge();
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#camera.stop();
    this.#panel.hidden = true;
    this.#start.hidden = false;
    this.#start.disabled = false;
    this.#scored = undefined;
    this.#inspection.live.score = undefined;
    this.#inspection.schedule();
  }

  async #run(): Promise<void> {
    this.#onStart();
    const button = this.#start;
    const problem = this.#problem;
    if (!(await startByButton(this.#camera, { button, problem, stop: () => this.stop() }))) return;
    const running = new AbortController();
    this.#running = running;
    this.#meter = new FrameMeter();
    this.#clear();
    this.#start.hidden = true;
    this.#panel.hidden = false;
    byId('live-stop').focus();
    let busy = false;
    eachFrame(
      this.#camera.video,
      (count, at) => {
        this.#meter.show(count, at);
        this.#showRate();
        if (busy) return;
        busy = true;
        void this.#scoreFrame(running.signal).finally(() => {
          busy = false;
        });
      },
      running.signal,
    );
  }

  async #scoreFrame(signal: AbortSignal): Promise<void> {
    this.#meter.take();
    try {
      const frame = await this.#camera.frame();
      try {
        const scored = await this.#inspection.predict(frame, signal);
        if (signal.aborted) return;
        this.#meter.finish(performance.now());
        this.#show(scored);
      } finally {
        frame.close();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.stop();
      this.#problem.replaceChildren(problemMessage(error, () => void this.#run()));
      byId('live-problem').querySelector('button')?.focus();
    }
  }

  #show(scored: Scored): void {
    const { prediction, map } = scored;
    this.#scored = scored;
    this.#viewer.prediction = { ...prediction, map };
    const place = prediction.where === 'remote' ? 'of the server' : 'in this page';
    this.#device.textContent = `${prediction.detector.device} ${place}, ${formatMilliseconds(prediction.milliseconds)} a frame`;
    this.#judge();
  }

  #judge(): void {
    if (!this.#scored || !this.#running) return;
    const { prediction, state } = this.#scored;
    this.#viewer.threshold = state.threshold;
    this.#viewer.pixelThreshold = state.pixelThreshold;
    const label = prediction.score >= state.threshold ? 'bad' : 'good';
    this.#panel.dataset.label = label;
    this.#chip.textContent = label;
    this.#score.textContent = formatScore(prediction.score);
    this.#inspection.live.score = { score: prediction.score, label };
    const now = performance.now();
    const text = label === 'bad' ? `bad, ${plural(this.#viewer.found.length, 'region')}` : 'good';
    if (now < this.#spokenAt + SPOKEN_EVERY || text === this.#spoken.textContent) return;
    this.#spokenAt = now;
    this.#spoken.textContent = text;
  }

  #showRate(): void {
    const { dropped, frames } = this.#meter;
    const rate = this.#meter.rate(performance.now());
    this.#rate.textContent = `${rate.toFixed(rate < 10 ? 1 : 0)} frames a second scored, ${dropped} of ${frames} dropped`;
  }

  async #keep(): Promise<void> {
    try {
      const file = await this.#camera.snapshot(`camera-${++this.#kept}.png`);
      this.#inspection.add([{ file, path: file.name }]);
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }

  #clear(): void {
    delete this.#panel.dataset.label;
    this.#chip.textContent = '…';
    this.#score.textContent = '';
    this.#device.textContent = 'Waiting for the first frame …';
    this.#spoken.textContent = '';
    this.#spokenAt = 0;
    this.#viewer.prediction = undefined;
  }
}
