import type { Notice } from '../types.js';

/** Notices, each kind once. */
export class NoticeList {
  readonly #notices: Map<string, Notice> = new Map();

  add(notice: Notice): void {
    if (!this.#notices.has(notice.code)) this.#notices.set(notice.code, notice);
  }

  all(): Notice[] {
    return [...this.#notices.values()];
  }
}
