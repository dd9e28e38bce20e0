// V8's inspector of a Worker in workerd, for what the isolate alone knows of its memory.
import { WebSocket } from 'undici';
import { z } from 'zod';

/** Bytes, as V8 counts them for one isolate. WebAssembly memories are in none of these. */
export interface HeapUsage {
  /** Objects of JavaScript, those that nobody holds any more and that were not collected yet among them. */
  used: number;
  /** Pages that the heap has taken for them. */
  total: number;
  /** Objects of the host that JavaScript holds. */
  embedder: number;
  /** What lies behind ArrayBuffers and strings. */
  backing: number;
}

const usageSchema = z.object({
  usedSize: z.number(),
  totalSize: z.number(),
  embedderHeapUsedSize: z.number(),
  backingStorageSize: z.number(),
});
const answerSchema = z.object({ id: z.number(), result: z.unknown() });

/** A connection to the inspector, which answers between two tasks of the Worker, not during one. */
export class IsolateInspector {
  readonly #socket: WebSocket;
  readonly #waiting: Map<number, { resolve(result: unknown): void; reject(error: Error): void }> = new Map();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = answerSchema.safeParse(JSON.parse(String(data)));
      if (!answer.success) return;
      this.#waiting.get(answer.data.id)?.resolve(answer.data.result);
      this.#waiting.delete(answer.data.id);
    });
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the inspector has closed'));
      this.#waiting.clear();
    });
  }

  /** @param url `Workerd.inspectorUrl` */
  static async connect(url: string): Promise<IsolateInspector> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`no inspector answers at ${url}`)));
    });
    return new IsolateInspector(socket);
  }

  async heapUsage(): Promise<HeapUsage> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#socket.send(JSON.stringify({ id, method: 'Runtime.getHeapUsage' }));
    const usage = usageSchema.parse(await answer);
    return {
      used: usage.usedSize,
      total: usage.totalSize,
      embedder: usage.embedderHeapUsedSize,
      backing: usage.backingStorageSize,
    };
  }

  close(): void {
    this.#socket.close();
  }
}
