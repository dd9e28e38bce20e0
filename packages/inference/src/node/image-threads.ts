import type { Transferable, Worker } from 'node:worker_threads';
import { recognizedFormat } from '@cflow/images';
import { type CflowError, ImageError } from '@cflow/spec';
import type {
  FinishedImage,
  FinishTask,
  ImageWork,
  PreparedImage,
  PrepareTask,
} from '../images/image-work.js';
import type { InputImage } from '../inference.js';
import { abortReason, InferenceError } from '../inference-error.js';
import { unpackError } from './error-message.js';
import { buffersIn, type ImageAnswer, type ImageCall, type ImageThreadSettings } from './image-messages.js';
import { ownBytes } from './own-bytes.js';
import { PixelBudget, type PixelShare, releasePixels } from './pixel-budget.js';

export interface ImageThreadsOptions {
  /** Most threads; they are started when there is work for them. */
  threads: number;
  limits: ImageThreadSettings['limits'];
  /** Bytes that the decoded images of all threads may take together; one always fits. */
  pixelBytes: number;
  /** Milliseconds that a thread may take over one image. */
  timeoutMs: number;
  onReplaced(reason: CflowError): void;
  start(settings: ImageThreadSettings): Worker;
}

interface Job {
  call: ImageCall;
  /** Nobody waits for it any more. */
  aborted: boolean;
  resolve(value: never): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  pixels: PixelShare;
  job: Job | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Threads that decode, resample and encode. One that dies or hangs is replaced, and costs only the image that it was working
 * on.
 */
export class ImageThreads implements ImageWork {
  readonly #options: ImageThreadsOptions;
  readonly #pixels: PixelBudget;
  readonly #threads: Set<Thread> = new Set();
  /** Finishing comes first: it frees a place, preparing fills one. */
  readonly #queues: { finish: Job[]; prepare: Job[] } = { finish: [], prepare: [] };
  #libraries: Promise<void> | undefined;
  #loaded = false;
  #closed = false;

  constructor(options: ImageThreadsOptions) {
    this.#options = options;
    this.#pixels = new PixelBudget(options.pixelBytes);
  }

  warm(): void {
    if (this.#threads.size > 0 || this.#closed) return;
    this.#load(() => {
      if (this.#threads.size === 0 && !this.#closed) this.#start();
    });
  }

  async prepare(task: PrepareTask, signal: AbortSignal): Promise<PreparedImage> {
    // What is no image waits for no thread, and is not copied for one.
    if ('encoded' in task.image) recognizedFormat(task.image.encoded);
    return this.#enqueue({ kind: 'prepare', task }, signal);
  }

  finish(task: FinishTask, signal: AbortSignal): Promise<FinishedImage> {
    return this.#enqueue({ kind: 'finish', task }, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new InferenceError('unavailable', 'the service is stopping; try again elsewhere');
    for (const job of [...this.#queues.finish.splice(0), ...this.#queues.prepare.splice(0)])
      job.reject(error);
    await Promise.all([...this.#threads].map((thread) => this.#drop(thread, error)));
  }

  #enqueue<T>(call: ImageCall, signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed)
        throw new InferenceError('unavailable', 'the service is stopping; try again elsewhere');
      if (signal.aborted) throw abortReason(signal);
      const queue = this.#queues[call.kind];
      const abort = (): void => {
        const index = queue.indexOf(job);
        if (index >= 0) queue.splice(index, 1);
        job.aborted = true;
        reject(abortReason(signal));
      };
      const done = (): void => signal.removeEventListener('abort', abort);
      const job: Job = {
        call,
        aborted: false,
        resolve: (value) => {
          done();
          resolve(value);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      queue.push(job);
      this.#dispatch();
    });
  }

  /**
   * The decoder's library must be loaded by the thread that outlives the others: on Linux it is unloaded, and the
   * process with it, when the last thread that loaded it ends.
   */
  #load(then: () => void): void {
    this.#libraries ??= import('@cflow/images/node').then(() => {
      this.#loaded = true;
    });
    this.#libraries.then(then, (cause: unknown) => {
      const error = new InferenceError('unavailable', 'images cannot be decoded here', {
        retryable: false,
        cause,
      });
      for (const job of [...this.#queues.finish.splice(0), ...this.#queues.prepare.splice(0)])
        job.reject(error);
    });
  }

  #dispatch(): void {
    if (!this.#loaded) {
      this.#load(() => this.#dispatch());
      return;
    }
    const { finish, prepare } = this.#queues;
    while (finish.length + prepare.length > 0) {
      const thread = this.#freeThread();
      if (!thread) return;
      this.#give(thread, (finish.shift() ?? prepare.shift()) as Job);
    }
  }

  #freeThread(): Thread | undefined {
    for (const thread of this.#threads) if (!thread.job) return thread;
    return this.#threads.size < this.#options.threads ? this.#start() : undefined;
  }

  #start(): Thread {
    const { start, limits } = this.#options;
    const pixels = this.#pixels.share();
    const thread: Thread = { worker: start({ limits, pixels }), pixels, job: undefined, timer: undefined };
    const lost = (reason: string, cause?: unknown): void => {
      if (!this.#threads.has(thread)) return;
      const error = new InferenceError(
        'unavailable',
        `a thread that works on images was lost: ${reason}; try again`,
        {
          cause,
        },
      );
      this.#options.onReplaced(error);
      void this.#drop(thread, error);
      this.#dispatch();
    };
    thread.worker.unref();
    thread.worker.on('message', (answer: ImageAnswer) => this.#settle(thread, answer));
    thread.worker.on('error', (error: Error) => lost(error.message, error));
    thread.worker.on('exit', (code) => lost(`it ended with exit code ${code}`));
    this.#threads.add(thread);
    return thread;
  }

  #give(thread: Thread, job: Job): void {
    const { timeoutMs } = this.#options;
    thread.job = job;
    thread.worker.ref();
    thread.timer = setTimeout(() => {
      const error = new ImageError(
        `the image was not ready after ${timeoutMs} ms; send it with fewer pixels or in a plainer format`,
        { details: { reason: 'too-slow', timeoutMs } },
      );
      this.#options.onReplaced(error);
      void this.#drop(thread, error);
      this.#dispatch();
    }, timeoutMs);
    void this.#post(thread, job);
  }

  async #post(thread: Thread, job: Job): Promise<void> {
    try {
      const call = await ownCall(job.call);
      // It may have taken too long, or the service may be stopping.
      if (thread.job !== job) return;
      if (!job.aborted) {
        thread.worker.postMessage(call, ownBuffers(call) as Transferable[]);
        return;
      }
    } catch (error) {
      // No memory for the copy, or a message that cannot be sent: the thread has received nothing.
      if (thread.job !== job) return;
      job.reject(error);
    }
    this.#release(thread);
    this.#dispatch();
  }

  #settle(thread: Thread, answer: ImageAnswer): void {
    const { job } = thread;
    if (!job) return;
    this.#release(thread);
    if (answer.ok) job.resolve(answer.value as never);
    else job.reject(unpackError(answer.error));
    this.#dispatch();
  }

  #release(thread: Thread): void {
    clearTimeout(thread.timer);
    thread.job = undefined;
    thread.worker.unref();
  }

  /** Ends a thread; its current call fails with this error. */
  async #drop(thread: Thread, error: unknown): Promise<void> {
    this.#threads.delete(thread);
    clearTimeout(thread.timer);
    thread.job?.reject(error);
    thread.job = undefined;
    await thread.worker.terminate();
    releasePixels(thread.pixels);
  }
}

/**
 * The call with bytes of its own: those that came with a request may be part of its body, which others still read. Copied
 * when a thread is free for them, so that there are no more copies than threads.
 */
async function ownCall(call: ImageCall): Promise<ImageCall> {
  if (call.kind === 'finish') return call;
  const { image, ignore } = call.task;
  const own = await ownImage(image);
  return {
    kind: 'prepare',
    task: { ...call.task, image: own, ...(ignore && { ignore: await ownBytes(ignore) }) },
  };
}

async function ownImage(image: InputImage): Promise<InputImage> {
  if ('encoded' in image) return { encoded: await ownBytes(image.encoded) };
  return 'planes' in image
    ? { planes: { ...image.planes, data: await ownBytes(image.planes.data) } }
    : { pixels: { ...image.pixels, data: await ownBytes(image.pixels.data) } };
}

/**
 * Buffers to transfer to the thread: everything that was copied for it, and the map. Mask and picture serve several
 * detectors.
 */
function ownBuffers({ kind, task }: ImageCall): ArrayBuffer[] {
  return buffersIn(kind === 'prepare' ? task : task.map);
}
