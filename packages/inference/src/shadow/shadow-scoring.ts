import { predictOptionsSchema, type Shadow, type ShadowComparison } from '@cflow/spec';
import type { SettingsReader } from '../detectors/settings-reader.js';
import type { VersionResolver } from '../detectors/version-resolver.js';
import type { InferenceRequest, InferenceResult, InputImage } from '../inference.js';
import type { InferenceObserver } from '../observer.js';
import { ShadowRecord } from './shadow-record.js';

export interface ShadowScoringParts {
  settings: Pick<SettingsReader, 'known'>;
  resolver: Pick<VersionResolver, 'resolve'>;
  /** Whether nobody waits for a score. */
  idle(): boolean;
  /** Scores with spare capacity: takes no place in the queue, and no memory that another detector has. */
  score(request: InferenceRequest): Promise<readonly InferenceResult[]>;
  observer: InferenceObserver;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** An image that was answered, and is to be scored by another version. */
interface Offered {
  name: string;
  shadow: Shadow;
  image: InferenceRequest['images'][number];
  bytes: number;
  falseAlarmRate: number | undefined;
  answered: InferenceResult;
  /** Milliseconds since 1970. */
  time: number;
}

/** Images that may wait, and bytes that they may hold after their requests have ended. */
const MOST_WAITING = 8;
const MOST_BYTES = 32_000_000;
/** How often to check whether the queue is idle, and for how long. */
const LOOK_MS = 20;
const PATIENCE_MS = 2000;
/** After a failure, before the version is tried again. */
const REST_MS = 10_000;
/** Detectors whose share is counted, and versions that rest. */
const MOST_KNOWN = 1000;

const VERSION = /^[0-9a-f]{8,64}$/;

/**
 * Scores images a second time, by the version that the settings of a detector name as its shadow: after the answer, one at a
 * time, while nobody waits. What cannot be scored so is dropped and counted.
 */
export class ShadowScoring {
  readonly #parts: ShadowScoringParts;
  readonly #record = new ShadowRecord();
  readonly #ended = new AbortController();
  readonly #waiting: Offered[] = [];
  #bytes = 0;
  #running = false;
  /** For each detector, how much of its share is still owed. */
  readonly #owed: Map<string, number> = new Map();
  readonly #resting: Map<string, number> = new Map();

  constructor(parts: ShadowScoringParts) {
    this.#parts = parts;
  }

  /** The results for a detector, with the pair of versions that was used last first. */
  of(name: string): ShadowComparison[] {
    return this.#record.of(name);
  }

  /** Takes what was answered; returns at once, and never throws. */
  offer(request: InferenceRequest, results: readonly InferenceResult[]): void {
    const { images, detectors, options } = request;
    // A threshold is on the scale of the version that it was asked of.
    if (options.threshold !== undefined) return;
    detectors.forEach(({ name, reference }, d) => {
      const shadow = VERSION.test(reference) ? undefined : this.#parts.settings.known(name)?.shadow;
      if (!shadow) return;
      images.forEach((image, i) => {
        const answered = results[i * detectors.length + d];
        if (answered && this.#isDue(name, shadow.share ?? 1)) {
          const { falseAlarmRate } = options;
          const bytes = bytesOf(image.image) + (image.ignore?.byteLength ?? 0);
          this.#take({ name, shadow, image, bytes, falseAlarmRate, answered, time: Date.now() });
        }
      });
    });
  }

  /** Gives up what waits and what is being scored. */
  close(): void {
    this.#ended.abort(new Error('the service is stopping'));
    this.#waiting.length = 0;
  }

  /** Evenly, so that a tenth of a hundred images is ten. */
  #isDue(name: string, share: number): boolean {
    const owed = (this.#owed.get(name) ?? 0) + share;
    // A rounding error in the sum must not cost it its turn.
    const due = owed >= 1 - 1e-9;
    remember(this.#owed, name, due ? owed - 1 : owed);
    return due;
  }

  #take(offered: Offered): void {
    if (this.#waiting.length >= MOST_WAITING || this.#bytes + offered.bytes > MOST_BYTES) {
      void this.#drop(offered);
      return;
    }
    this.#bytes += offered.bytes;
    this.#waiting.push(offered);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      await this.#beside(next);
      this.#bytes -= next.bytes;
    }
    this.#running = false;
  }

  async #beside(offered: Offered): Promise<void> {
    const { observer, now, score } = this.#parts;
    const { name, image, answered, time, falseAlarmRate } = offered;
    const version = await this.#versionOf(offered);
    if (version === undefined || version === answered.detector.version) return;
    const key = `${name}@${version}`;
    const rests = now() < (this.#resting.get(key) ?? 0);
    if (rests || !(await this.#spare())) {
      this.#record.dropped(name, answered.detector.version, version, time);
      observer.shadow?.({ name, outcome: 'dropped' });
      return;
    }
    try {
      const [shadow] = await score({
        images: [image],
        detectors: [{ name, reference: version }],
        options: predictOptionsSchema.parse({ regions: false, falseAlarmRate }),
        signal: this.#ended.signal,
      });
      if (!shadow) return;
      this.#record.compared(name, answered.detector.version, version, { time, answered, shadow });
      observer.shadow?.({ name, outcome: shadow.label === answered.label ? 'agreed' : 'differed' });
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      remember(this.#resting, key, now() + REST_MS);
      this.#record.failed(name, answered.detector.version, version, time);
      observer.shadow?.({ name, outcome: 'failed', error });
    }
  }

  async #drop(offered: Offered): Promise<void> {
    const { name, answered, time } = offered;
    const version = await this.#versionOf(offered);
    if (version === undefined || version === answered.detector.version) return;
    this.#record.dropped(name, answered.detector.version, version, time);
    this.#parts.observer.shadow?.({ name, outcome: 'dropped' });
  }

  /** Undefined where nothing has that name any more. */
  #versionOf({ name, shadow }: Offered): Promise<string | undefined> {
    const { resolver, observer } = this.#parts;
    return resolver.resolve(name, shadow.reference).catch((error: unknown) => {
      observer.shadow?.({ name, outcome: 'failed', error });
      return undefined;
    });
  }

  /** Waits until nobody waits for a score; false when that never happened. */
  async #spare(): Promise<boolean> {
    const { idle, now } = this.#parts;
    const until = now() + PATIENCE_MS;
    while (!this.#ended.signal.aborted) {
      if (idle()) return true;
      if (now() >= until) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_KNOWN && oldest !== undefined) map.delete(oldest);
}

function bytesOf(image: InputImage): number {
  if ('encoded' in image) return image.encoded.byteLength;
  return 'pixels' in image ? image.pixels.data.byteLength : image.planes.data.byteLength;
}
