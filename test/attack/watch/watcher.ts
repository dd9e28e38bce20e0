import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Watched, WatchOrder } from './watch.js';

/** Looks at one service at a time, beside a process that does nothing but answer. */
export class Watcher {
  readonly #watch: ChildProcess;
  readonly #answer: ChildProcess;
  /** Address of the process that does nothing but answer. */
  readonly control: string;

  private constructor(watch: ChildProcess, answer: ChildProcess, control: string) {
    this.#watch = watch;
    this.#answer = answer;
    this.control = control;
  }

  static async start(): Promise<Watcher> {
    const answer = script('answer.ts');
    const [control] = (await once(answer, 'message')) as [string];
    return new Watcher(script('watch.ts'), answer, control);
  }

  begin(service: string, pid: number): void {
    this.#send({ kind: 'begin', service, control: this.control, pid });
  }

  async end(): Promise<Watched> {
    const seen = once(this.#watch, 'message') as Promise<[Watched]>;
    this.#send({ kind: 'end', service: '', control: '', pid: 0 });
    return (await seen)[0];
  }

  close(): void {
    this.#watch.kill();
    this.#answer.kill();
  }

  #send(order: WatchOrder): void {
    this.#watch.send(order);
  }
}

function script(name: string): ChildProcess {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const env = Object.entries(process.env).filter(([key]) => !/^(VITEST|VITE_|NODE_OPTIONS)/.test(key));
  return spawn(process.execPath, ['--import', 'tsx', file], {
    env: Object.fromEntries(env),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
