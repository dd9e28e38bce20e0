import type { DetectorSettings } from '@cflow/sdk';
import type { Client } from './client.js';

/** What may be decided for a detector; undefined returns to the bundle's own value. */
export type Decision = Pick<
  DetectorSettings,
  | 'threshold'
  | 'pixelThreshold'
  | 'falseAlarmRate'
  | 'minArea'
  | 'minShare'
  | 'ignore'
  | 'keepImageDays'
  | 'shadow'
  | 'version'
  | 'note'
>;

/** The settings of detectors, read and saved; every view is told of what any of them saves. */
export class Decisions {
  readonly #client: Client;
  readonly #listeners = new Set<(settings: DetectorSettings) => void>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** @param saved Called with what was saved, since what views know of it is then outdated. */
  on(saved: (settings: DetectorSettings) => void): void {
    this.#listeners.add(saved);
  }

  async read(name: string): Promise<DetectorSettings> {
    return this.#client.service.detectors.settings(name);
  }

  /**
   * Saves a change to what is in force as the next revision: fields that it does not name stay. Refused when somebody was
   * faster.
   */
  async save(before: DetectorSettings, { note, ...change }: Decision): Promise<DetectorSettings> {
    return this.#put(before, { ...decidedIn(before), ...change, note });
  }

  /** Saves all that an earlier revision had as the next one, and nothing else of what is in force. Refused as `save`. */
  async restore(before: DetectorSettings, earlier: DetectorSettings): Promise<DetectorSettings> {
    return this.#put(before, { ...decidedIn(earlier), note: `back to revision ${earlier.revision}` });
  }

  async #put({ name, revision }: DetectorSettings, decision: Decision): Promise<DetectorSettings> {
    const input = { ...decision, expected: revision };
    const settings = await this.#client.service.detectors.saveSettings(name, input);
    for (const listener of this.#listeners) listener(settings);
    return settings;
  }
}

/** Of settings what was decided, without which revision it was, whose, when and why. */
function decidedIn(settings: DetectorSettings): Decision {
  const { name: _name, revision: _revision, by: _by, at: _at, note: _note, ...decided } = settings;
  return decided;
}
