import { errorMessage } from '../error-message.js';
import type { EngineMethod, EngineMethods, FromEngine, ToEngine } from '../protocol.js';
import type { Engine } from './engine.js';

/** Where messages come from and go to: a worker's global scope, or a page in the same thread. */
export type Post = (message: FromEngine, transfer: Transferable[]) => void;

/** Answers the calls of the page: each with a result or an error, never with nothing. */
export function answerCalls(engine: Engine, post: Post): (message: ToEngine) => void {
  const running = new Map<number, AbortController>();

  async function answer(id: number, method: EngineMethod, params: unknown): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const value = await engine.call(method, params as EngineMethods[typeof method]['takes'], {
        signal: controller.signal,
        report: (progress) => post({ kind: 'progress', id, progress }, []),
      });
      post({ kind: 'result', id, value }, transferable(value));
    } catch (error) {
      post({ kind: 'error', id, error: errorMessage(error) }, []);
    } finally {
      running.delete(id);
    }
  }

  return (message) => {
    if (message.kind === 'abort') running.get(message.id)?.abort();
    else if (message.kind === 'call') void answer(message.id, message.method, message.params);
  };
}

/** Maps are moved instead of copied. */
function transferable(value: EngineMethods[EngineMethod]['gives']): Transferable[] {
  if (!value || !('predictions' in value)) return [];
  return value.predictions.flatMap(({ map }) => (map ? [map.data.buffer as ArrayBuffer] : []));
}
