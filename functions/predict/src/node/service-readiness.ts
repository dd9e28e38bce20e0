import type { Readiness } from '../app/readiness.js';

/** The readiness of one service over its life. */
export class ServiceReadiness implements Readiness {
  #state: Readiness['state'] = 'starting';
  #detail = 'the service is starting';

  get state(): Readiness['state'] {
    return this.#state;
  }

  get detail(): string {
    return this.#detail;
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
