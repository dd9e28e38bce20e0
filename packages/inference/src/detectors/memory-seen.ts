import type { DetectorMemory } from './detector-memory.js';

/** How much memory detectors were seen to take of a card, where it reports that. */
export class MemorySeen {
  /** Bytes by key. */
  readonly #bytes: Map<string, number> = new Map();
  /** The most that one was seen to take, as a multiple of its estimate. */
  #multiple: number | undefined;

  /**
   * What one lane of a detector takes: as measured for it or, scaled, for others, with a backbone for each; else as
   * estimated.
   */
  of(key: string, estimate: DetectorMemory): DetectorMemory {
    const seen = this.#bytes.get(key);
    if (seen !== undefined) return { headBytes: seen, backboneBytes: 0 };
    if (this.#multiple === undefined) return estimate;
    return {
      headBytes: this.#multiple * (estimate.headBytes + estimate.backboneBytes),
      backboneBytes: 0,
    };
  }

  /** @param bytes By how much the card's free memory shrank when it was opened */
  note(key: string, bytes: number, { headBytes, backboneBytes }: DetectorMemory): void {
    // Something else left the card meanwhile.
    if (bytes <= 0) return;
    this.#bytes.set(key, bytes);
    this.#multiple = Math.max(this.#multiple ?? 0, bytes / Math.max(1, headBytes + backboneBytes));
  }
}
