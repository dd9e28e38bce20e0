import type { ChildProcess } from 'node:child_process';
import type { VerifiedBundle } from '@cflow/detector';
import type { DeviceError } from '@cflow/spec';
import { type RawOutput, type Row, rowsOfHeads } from '../batches/batch.js';
import type { Lane, LaneFailure } from '../lanes/lane.js';
import { laneGone, lateness } from '../lanes/lane-gone.js';
import { sizeOf } from '../lanes/lane-options.js';
import { bothWatches, type Step, StepClock, type StepLimits, type StepWatch } from '../lanes/step-watch.js';
import { unpackError } from './error-message.js';
import type { LaneChild } from './fork-lane-process.js';
import {
  type LaneCall,
  type LaneRequest,
  type LaneResponse,
  type LaneResults,
  type LaneSettings,
  packBundle,
} from './lane-messages.js';
import type { SharedFile } from './shared-file.js';
import { placeRows, readMaps } from './shared-rows.js';

export interface ProcessLaneOptions extends LaneSettings {
  limits: StepLimits;
  now(): number;
}

interface Call {
  step: Step | undefined;
  passed?: (() => void) | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Who is told about the heads of a run, and which of them have not begun. */
  heads?: { watch: StepWatch; waiting: Set<string> } | undefined;
}

/** Milliseconds that a process has to free its device before it is killed. */
const DISPOSE_MS = 2000;

/** A lane in a process of its own, as seen from here; it keeps this process alive only while it owes an answer. */
export class ProcessLane implements Lane {
  readonly #child: ChildProcess;
  readonly #shared: SharedFile | undefined;
  readonly #options: ProcessLaneOptions;
  readonly #clock: StepClock;
  readonly #calls: Map<number, Call> = new Map();
  /** Calls of the engine that are not over. */
  readonly #overs: Map<number, () => void> = new Map();
  readonly #exited: Promise<void>;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failure: LaneFailure | undefined;
  #disposed = false;
  #lastId = 0;

  constructor({ process: child, shared }: LaneChild, options: ProcessLaneOptions) {
    const { limits, now, ...settings } = options;
    this.#child = child;
    this.#shared = shared;
    this.#options = options;
    this.#clock = new StepClock(limits, now, (step, limitMs) => this.#beLate(step, limitMs));
    child.on('message', (response: LaneResponse) => this.#hear(response));
    child.on('error', (error) => this.#fail(`its process failed: ${error.message}`));
    this.#exited = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#fail(`its process ended (${endingOf(code, signal)})`);
        resolve();
      };
      if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
      else child.on('exit', ended);
    });
    this.#send({ kind: 'start', settings });
  }

  get failure(): LaneFailure | undefined {
    return this.#failure;
  }

  async open(
    key: string,
    bundle: VerifiedBundle,
    warmSizes: readonly number[],
  ): Promise<readonly number[] | undefined> {
    const packed = await packBundle(bundle);
    return this.#call({ kind: 'open', key, bundle: packed, warmSizes }, { kind: 'open', key });
  }

  async close(key: string): Promise<void> {
    await this.#call({ kind: 'close', key });
  }

  async run(
    rows: readonly Row[],
    afterBackbone: () => void,
    watch?: StepWatch | undefined,
  ): Promise<(RawOutput[] | DeviceError)[]> {
    const place = placeRows(rows, this.#shared);
    const sent = rows.map(({ backbone, planes, heads }) => ({ backbone, heads, ...(!place && { planes }) }));
    const images = sizeOf(this.#options.batchSizes, rows.length);
    const { backbone } = rows[0] as Row;
    const heads = [...rowsOfHeads(rows).keys()];
    const [head, ...others] = heads;
    const step: Step = { kind: 'backbone', key: backbone };
    const both = bothWatches(this.#clock, watch);
    let over = both.begin(step, images, backbone);
    const passed = (): void => {
      over();
      // Where there are several heads, the process reports them one by one.
      if (head !== undefined && others.length === 0) {
        over = both.begin({ kind: 'head', key: head }, images, head);
      }
      afterBackbone();
    };
    try {
      const told = watch && others.length > 0 ? { watch, waiting: new Set(heads) } : undefined;
      const results = await this.#call({ kind: 'run', rows: sent, place }, step, passed, told);
      return results.map((result) => {
        if (!Array.isArray(result)) return unpackError(result.error) as DeviceError;
        return place ? readMaps(result, (this.#shared as SharedFile).fd, place) : (result as RawOutput[]);
      });
    } finally {
      over();
      if (place) this.#shared?.release(place.planes);
    }
  }

  async dispose(): Promise<void> {
    if (this.#failure || this.#disposed) return this.#exited;
    this.#disposed = true;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), DISPOSE_MS);
    this.#child.ref();
    await this.#call({ kind: 'dispose' }).catch(() => undefined);
    await this.#exited;
    clearTimeout(kill);
  }

  async abandon(): Promise<void> {
    this.#fail('it was given up');
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #call<C extends LaneCall>(
    call: C,
    step?: Step,
    passed?: () => void,
    heads?: Call['heads'],
  ): Promise<LaneResults[C['kind']]> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { step, passed, heads, resolve: resolve as (value: unknown) => void, reject });
      this.#child.channel?.ref();
      this.#listen();
      this.#send({ ...call, id });
    });
  }

  #send(request: LaneRequest): void {
    this.#child.send(request, (error) => {
      // How it ended says more, and is known in a moment.
      if (error)
        setTimeout(() => this.#fail(`its process cannot be reached: ${error.message}`), 1000).unref();
    });
  }

  #hear(response: LaneResponse): void {
    this.#listen();
    switch (response.kind) {
      case 'begin': {
        const { call, step, images, pace } = response;
        this.#overs.set(call, bothWatches(this.#clock, this.#watchOf(step)).begin(step, images, pace));
        return;
      }
      case 'over':
        this.#overs.get(response.call)?.();
        this.#overs.delete(response.call);
        return;
      case 'passed':
        this.#calls.get(response.id)?.passed?.();
        return;
      case 'done':
        this.#settle(response.id)?.resolve(response.value);
        return;
      case 'failed': {
        const call = this.#settle(response.id);
        call?.reject(unpackError(response.error));
        if (response.lost) this.#give(unpackError(response.lost) as DeviceError, call?.step, false);
        return;
      }
      default:
        response satisfies never;
    }
  }

  /** The oldest run under way whose head has not begun: heads come in the order of their runs. */
  #watchOf({ kind, key }: Step): StepWatch | undefined {
    if (kind !== 'head') return undefined;
    for (const { heads } of this.#calls.values()) if (heads?.waiting.delete(key)) return heads.watch;
    return undefined;
  }

  #settle(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0) {
      this.#child.channel?.unref();
      clearTimeout(this.#silence);
    }
    return call;
  }

  /** A process that owes an answer and says nothing at all hangs outside its engine, such as in a file system. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (this.#calls.size === 0) return;
    const { openMs, runMs } = this.#options.limits;
    const limitMs = Math.max(openMs, runMs.most) + 1000;
    const first = [...this.#calls.values()][0]?.step;
    this.#silence = setTimeout(() => this.#beLate(this.#clock.current ?? first, limitMs), limitMs);
    this.#silence.unref();
  }

  #beLate(step: Step | undefined, limitMs: number): void {
    this.#fail(lateness(step, limitMs), step, true);
    this.#child.kill('SIGKILL');
  }

  #fail(reason: string, step: Step | undefined = this.#clock.current, late = false): void {
    this.#give(laneGone(this.#options.device, reason), step, late);
  }

  #give(reason: DeviceError, step: Step | undefined, late: boolean): void {
    if (this.#failure || (this.#disposed && this.#calls.size === 0)) return;
    this.#failure = { reason, step, late };
    this.#clock.stop();
    clearTimeout(this.#silence);
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }
}

function endingOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === null) return `exit code ${code}`;
  return signal === 'SIGKILL' ? 'SIGKILL, as the system does where memory runs out' : signal;
}
