// The process of one lane. It scores what strangers have published, in native code: when that hangs, crashes or takes all
// memory, this process ends, and the service goes on. It answers one call after the other; the other side is ProcessLane.
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { runsAsOneGraph } from '@cflow/detector';
import { createNodeRuntime } from '@cflow/runtime/node';
import { rowsOfHeads } from '../batches/batch.js';
import { sizeOf } from '../lanes/lane-options.js';
import { RuntimeLane } from '../lanes/runtime-lane.js';
import type { Step } from '../lanes/step-watch.js';
import { packError } from './error-message.js';
import {
  type LaneRequest,
  type LaneResponse,
  type LaneResults,
  type LaneSettings,
  unpackBundle,
} from './lane-messages.js';
import { freeBytesOf, openWhole } from './on-a-card.js';
import { placeMaps, readRows } from './shared-rows.js';

/** The descriptor of the memory that the service shares with this process, after the one of the channel. */
const SHARED_FD = 4;

// Ctrl-C in a terminal and systemd's stop reach every process of the service; the service decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Without the service there is nobody to answer.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
offerToDieFirst();

let lane: RuntimeLane;
let calls = 0;
/** Whether the batch that reaches its heads has several. */
let severalHeads = false;

/** What the service knows without being told: that a batch begins with its backbone and continues with its only head. */
function isPlain({ kind }: Step): boolean {
  return kind === 'backbone' || (kind === 'head' && !severalHeads);
}

process.on('message', (request: LaneRequest) => {
  if (request.kind === 'start') lane = createLane(request.settings);
  else void answer(request);
});

function createLane({
  device,
  card,
  threads,
  batchSizes,
  mostImages,
  headOptions,
}: LaneSettings): RuntimeLane {
  const runtime = createNodeRuntime({ device, card, threads, worker: false });
  return new RuntimeLane(runtime, {
    sizeFor: (count) => sizeOf(batchSizes, count),
    headOptions,
    openWhole: runsAsOneGraph(device) ? openWhole : undefined,
    mostImages,
    freeBytes: device === 'cuda' ? () => freeBytesOf(card) : undefined,
    now: () => performance.now(),
    // The service gets this before the engine blocks this thread.
    watch: {
      begin: (step, images, pace) => {
        if (isPlain(step)) return () => undefined;
        const call = ++calls;
        send({ kind: 'begin', call, step, images, pace });
        return () => send({ kind: 'over', call });
      },
    },
  });
}

async function answer(request: Exclude<LaneRequest, { kind: 'start' }>): Promise<void> {
  const { id } = request;
  try {
    send({ kind: 'done', id, value: await perform(request) });
  } catch (error) {
    const lost = lane.failure && packError(lane.failure.reason);
    send({ kind: 'failed', id, error: packError(error), lost });
  }
  if (request.kind === 'dispose') process.disconnect();
}

async function perform(
  request: Exclude<LaneRequest, { kind: 'start' }>,
): Promise<LaneResults[keyof LaneResults]> {
  switch (request.kind) {
    case 'open':
      guardAgainstOrphanhood();
      return lane.open(request.key, unpackBundle(request.bundle), request.warmSizes);
    case 'close':
      await lane.close(request.key);
      return undefined;
    case 'run': {
      const rows = readRows(request.rows, SHARED_FD, request.place);
      severalHeads = rowsOfHeads(rows).size > 1;
      const results = await lane.run(rows, () => send({ kind: 'passed', id: request.id }));
      return placeMaps(results, SHARED_FD, request.place, packError);
    }
    case 'dispose':
      await lane.dispose();
      return undefined;
    default:
      return request satisfies never;
  }
}

function send(response: LaneResponse): void {
  // Without a channel this process is about to end.
  if (process.connected) process.send?.(response);
}

/** When memory runs out, Linux ends the process with the highest score: this one, whose loss costs least. */
function offerToDieFirst(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '600');
  } catch {
    // Not everywhere allowed, and not necessary.
  }
}

let guard: Worker | undefined;

/**
 * While the engine blocks this thread, it does not notice that the service is gone, and an engine that hangs would burn a
 * core for ever.
 */
function guardAgainstOrphanhood(): void {
  guard ??= new Worker(
    `const { workerData: parent } = require('node:worker_threads');
     const gone = () => {
       try { return process.ppid !== parent || !process.kill(parent, 0); } catch (error) { return error.code === 'ESRCH'; }
     };
     setInterval(() => gone() && process.kill(process.pid, 'SIGKILL'), 1000);`,
    {
      eval: true,
      execArgv: [],
      workerData: process.ppid,
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    },
  );
  guard.unref();
}
