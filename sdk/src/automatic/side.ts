import type { Detector } from '../detector.js';

/** Where a detector can compute. */
export type Where = 'local' | 'remote';

/** Milliseconds that a side which failed is left alone before it is asked first again. */
const REST = 30_000;

/** One of the two places: opened when it is needed, rested when it fails. */
export class Side {
  readonly where: Where;
  readonly #open: () => Promise<Detector>;
  readonly #now: () => number;
  #opening: Promise<Detector> | undefined;
  #detector: Detector | undefined;
  #restsUntil = 0;
  /** Why it was not used last; undefined while nothing is wrong. */
  problem: string | undefined;
  /** Milliseconds of the images that it was measured with. */
  readonly times: number[] = [];

  constructor(where: Where, open: () => Promise<Detector>, now: () => number) {
    this.where = where;
    this.#open = open;
    this.#now = now;
  }

  /** The detector, once it is open. */
  get ready(): Detector | undefined {
    return this.#detector;
  }

  get rests(): boolean {
    return this.#now() < this.#restsUntil;
  }

  /** Opens it, once for all who ask; one that could not be opened is tried again. */
  async detector(): Promise<Detector> {
    this.#opening ??= this.#open();
    const opening = this.#opening;
    try {
      this.#detector = await opening;
      return this.#detector;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }

  failed(error: unknown): void {
    this.problem = error instanceof Error ? error.message : String(error);
    this.#restsUntil = this.#now() + REST;
  }

  worked(): void {
    this.problem = undefined;
    this.#restsUntil = 0;
  }

  async dispose(): Promise<void> {
    const detector = await this.#opening?.catch(() => undefined);
    await detector?.dispose();
  }
}
