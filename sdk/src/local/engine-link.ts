import { AbortedError } from '../errors.js';
import { errorOf } from './error-message.js';
import { DeviceError } from './errors.js';
import type { EngineMethod, EngineMethods, FromEngine, ToEngine, TrainingProgress } from './protocol.js';
import type { Progress } from './types.js';

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress | TrainingProgress) => void) | undefined;
  transfer?: Transferable[];
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onProgress: CallOptions['onProgress'];
}

/** The page's end of the way to an engine: calls go out, answers find the call that they belong to. */
export class EngineLink {
  readonly #post: (message: ToEngine, transfer: Transferable[]) => void;
  readonly #pending: Map<number, Pending> = new Map();
  #last = 0;
  #broken: DeviceError | undefined;

  constructor(post: (message: ToEngine, transfer: Transferable[]) => void) {
    this.#post = post;
  }

  /** Rejects with AbortedError at once when the signal aborts; the engine stops where it can. */
  async call<M extends EngineMethod>(
    method: M,
    params: EngineMethods[M]['takes'],
    { signal, onProgress, transfer = [] }: CallOptions = {},
  ): Promise<EngineMethods[M]['gives']> {
    if (signal?.aborted) throw aborted(signal);
    if (this.#broken) throw this.#broken;
    const id = ++this.#last;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
    });
    const abort = (): void => {
      this.#pending.get(id)?.reject(aborted(signal as AbortSignal));
      this.#pending.delete(id);
      this.#post({ kind: 'abort', id }, []);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      this.#post({ kind: 'call', id, method, params }, transfer);
      return (await answer) as EngineMethods[M]['gives'];
    } finally {
      this.#pending.delete(id);
      signal?.removeEventListener('abort', abort);
    }
  }

  receive(message: FromEngine): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.kind === 'progress') pending.onProgress?.(message.progress);
    else if (message.kind === 'result') pending.resolve(message.value);
    else pending.reject(errorOf(message.error));
  }

  /** The engine is gone: all that waits for it, and all that comes, is refused. */
  break(reason: string): void {
    const attempts = [{ device: 'worker', reason }];
    this.#broken ??= new DeviceError(`the worker of the page is gone: ${reason}`, attempts, {
      retryable: true,
    });
    for (const { reject } of this.#pending.values()) reject(this.#broken);
    this.#pending.clear();
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }
}

function aborted({ reason }: AbortSignal): AbortedError {
  return new AbortedError('the call was aborted by its signal', { cause: reason });
}
