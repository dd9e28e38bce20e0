import { EACH, type JsonPath } from './json-document.js';

/** Where a scanner is in a document: the key or the element of each array and object that is open. */
export class OpenPath {
  readonly #steps: { object: boolean; key: string; expectsKey: boolean }[] = [];

  get depth(): number {
    return this.#steps.length;
  }

  get inObject(): boolean {
    return this.#steps.at(-1)?.object === true;
  }

  /** Whether the next text is a key. */
  get expectsKey(): boolean {
    return this.#steps.at(-1)?.expectsKey === true;
  }

  open(object: boolean): void {
    this.#steps.push({ object, key: '', expectsKey: object });
  }

  close(): void {
    this.#steps.pop();
  }

  comma(): void {
    const step = this.#steps.at(-1);
    if (step) step.expectsKey = step.object;
  }

  key(name: string): void {
    const step = this.#steps.at(-1);
    if (!step) return;
    step.key = name;
    step.expectsKey = false;
  }

  /** Whether the next value is at one of the paths. */
  isAt(paths: readonly JsonPath[]): boolean {
    return paths.some(
      (path) =>
        path.length === this.#steps.length &&
        path.every((part, i) => {
          const step = this.#steps[i];
          return part === EACH ? step?.object === false : step?.object === true && step.key === part;
        }),
    );
  }
}
