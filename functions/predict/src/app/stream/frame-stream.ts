import type { PredictionResult } from '@cflow/spec';
import type { Claim } from '../budget.js';
import { problemErrorOf } from '../problem.js';
import { PROBLEM_KINDS } from '../problem-kinds.js';
import { CLOSE, type FrameReceiver, type FrameSocket } from './frame-socket.js';

export interface FrameStreamOptions {
  socket: FrameSocket;
  /** Scores one image file. */
  score(bytes: Uint8Array, frame: number, signal: AbortSignal): Promise<PredictionResult>;
  /** Whether this caller may have one more scored now. */
  allowed(): boolean;
  /** Whether the service is about to end. */
  draining(): boolean;
  /** What frames take of the memory that there is for bodies. */
  memory: Claim;
  /** Frames that may be on the way to a verdict. */
  credit: number;
  /** Bytes of a frame at most. */
  frameBytes: number;
  /** Milliseconds within which a message must be whole. */
  messageMs: number;
  /** Milliseconds without a frame after which the stream is closed. */
  idleMs: number;
  now(): number;
  ended(): void;
}

/** Frames of the wire are as small as 2 bytes; what they weigh beside what is in them. */
const OVERHEAD_BYTES = 2 ** 16;
/** A control frame has at most 125 bytes in it, a mask and a head. */
const CONTROL_BYTES = 131;
/** Pings and pongs between two looks, a second or so. */
const MOST_CONTROLS = 50;
/** Frames between two checks: no camera that waits for verdicts is that fast, and anything else would take every turn. */
const MOST_FRAMES = 500;
/** Frames beyond the credit in a row: a client that sends this many does not listen. */
const MOST_DROPPED = 1000;

/**
 * Frames in, verdicts out, in the order of the frames. Of frames that come while as many are on the way as may be, the newest is
 * dropped, counted and told of: a camera does not wait. A frame counts as on its way until its verdict has left for the client, so
 * that one that does not read gets no more.
 */
export class FrameStream implements FrameReceiver {
  readonly #options: FrameStreamOptions;
  readonly #gone = new AbortController();
  #received = 0;
  #dropped = 0;
  #droppedInARow = 0;
  #onTheWay = 0;
  #arriving = 0;
  #arrivingSince = 0;
  #controls = 0;
  #frames = 0;
  #lastFrame: number;
  #last: Promise<void> = Promise.resolve();

  constructor(options: FrameStreamOptions) {
    this.#options = options;
    this.#lastFrame = options.now();
    const { credit, frameBytes } = options;
    this.#say({ type: 'ready', credit, frameBytes });
  }

  arriving(bytes: number): void {
    const { memory, now, frameBytes } = this.#options;
    if (this.#gone.signal.aborted) return;
    if (!memory.take(bytes)) {
      this.#end(CLOSE.later, 'the service has no memory for more images; try again later');
      return;
    }
    if (this.#arriving === 0) this.#arrivingSince = now();
    this.#arriving += bytes;
    if (this.#arriving > 1.1 * frameBytes + OVERHEAD_BYTES)
      this.#end(CLOSE.tooLarge, `expected an image of at most ${frameBytes} bytes`);
  }

  frame(bytes: Uint8Array): void {
    const { signal } = this.#gone;
    const { memory, allowed, credit, now } = this.#options;
    if (signal.aborted) return;
    const held = this.#arriving;
    this.#arriving = 0;
    this.#lastFrame = now();
    const frame = ++this.#received;
    if (++this.#frames > MOST_FRAMES) {
      memory.giveBack(held);
      this.#end(CLOSE.policy, `expected at most ${MOST_FRAMES} frames in a second`);
      return;
    }
    const reason = this.#onTheWay >= credit ? 'busy' : allowed() ? undefined : 'rate-limited';
    if (reason) {
      memory.giveBack(held);
      this.#drop(frame, reason);
      return;
    }
    this.#droppedInARow = 0;
    this.#onTheWay++;
    const answer = this.#answer(bytes, frame);
    this.#last = this.#last
      .then(() => answer)
      .then((said) => this.#options.socket.send(JSON.stringify(said)))
      .finally(() => {
        this.#onTheWay--;
        memory.giveBack(held);
      })
      .catch(() => undefined);
  }

  control(): void {
    const given = Math.min(this.#arriving, CONTROL_BYTES);
    this.#arriving -= given;
    this.#options.memory.giveBack(given);
    if (++this.#controls > MOST_CONTROLS) this.#end(CLOSE.policy, 'too many pings');
  }

  text(): void {
    this.#end(CLOSE.text, 'expected images as binary messages, got text');
  }

  tick(): void {
    const { now, messageMs, idleMs, draining } = this.#options;
    this.#controls = 0;
    this.#frames = 0;
    if (draining())
      this.#end(CLOSE.leaving, 'the service is about to end; open it again, another will answer');
    else if (this.#arriving > 0 && now() - this.#arrivingSince > messageMs)
      this.#end(CLOSE.policy, `a message was not complete within ${messageMs} ms`);
    else if (now() - this.#lastFrame > idleMs)
      this.#end(CLOSE.normal, `no frame for ${Math.round(idleMs / 1000)} s; open it again`);
  }

  ended(): void {
    if (!this.#gone.signal.aborted) this.#gone.abort();
    this.#options.memory.release();
    this.#options.ended();
  }

  async #answer(bytes: Uint8Array, frame: number): Promise<object> {
    try {
      const prediction = await this.#options.score(bytes, frame, this.#gone.signal);
      return { type: 'verdict', frame, prediction };
    } catch (error) {
      const { code, status, message: detail } = problemErrorOf(error);
      const problem = {
        type: `urn:cflow:problem:${code}`,
        title: PROBLEM_KINDS[code].title,
        status,
        detail,
        code,
      };
      return { type: 'error', frame, problem };
    }
  }

  #drop(frame: number, reason: 'busy' | 'rate-limited'): void {
    this.#dropped++;
    if (++this.#droppedInARow > MOST_DROPPED) {
      this.#end(CLOSE.policy, `expected at most ${this.#options.credit} frames without a verdict`);
      return;
    }
    this.#say({ type: 'dropped', frame, reason, dropped: this.#dropped });
  }

  #say(message: object): void {
    void this.#options.socket.send(JSON.stringify(message));
  }

  #end(code: number, reason: string): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#options.socket.close(code, reason);
  }
}
