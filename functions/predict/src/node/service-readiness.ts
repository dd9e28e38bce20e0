import { type ScoringHealth, WELL } from '@cflow/inference';
import type { Readiness } from '../app/readiness.js';

/** Milliseconds without a lane that scores after which the process counts as dead. */
const DEAD_MS = 60_000;

/** The readiness of one service over its life. */
export class ServiceReadiness implements Readiness {
  #state: Exclude<Readiness['state'], 'stalled'> = 'starting';
  #detail = 'the service is starting';
  #health: () => ScoringHealth = () => WELL;
  readonly #deadMs: number;

  /** @param deadMs after which it is dead that no lane scores */
  constructor(deadMs: number = DEAD_MS) {
    this.#deadMs = deadMs;
  }

  get state(): Readiness['state'] {
    if (this.#state !== 'ready') return this.#state;
    return this.#health().state === 'well' ? 'ready' : 'stalled';
  }

  get detail(): string {
    return this.state === 'stalled' ? this.#health().detail : this.#detail;
  }

  get alive(): boolean {
    const { state, stalledMs } = this.#health();
    return state !== 'lost' && stalledMs < this.#deadMs;
  }

  /** From here on it is asked whether the service can score. */
  watch(health: () => ScoringHealth): void {
    this.#health = health;
  }

  loading(detector: string, done: number, total: number): void {
    if (this.#state === 'starting') this.#detail = `loading ${detector} (${done + 1} of ${total})`;
  }

  ready(): void {
    if (this.#state !== 'starting') return;
    this.#state = 'ready';
    this.#detail = 'ready';
  }

  failed(detail: string): void {
    if (this.#state !== 'starting') return;
    this.#state = 'failed';
    this.#detail = detail;
  }

  draining(): void {
    this.#state = 'draining';
    this.#detail = 'the service is ending; ask another replica';
  }
}
