// The thread in which sessions live. It answers one request after the other; the other side is WorkerEngine.
import { type MessagePort, parentPort, type Transferable, workerData } from 'node:worker_threads';
import type { DeviceError } from '@cflow/spec';
import { loadOnnxRuntime } from './node/load-onnxruntime.js';
import { OrtEngine } from './node/ort-engine.js';
import { WorkerGate } from './node/worker-gate.js';
import {
  buffersOf,
  packTensors,
  unpackTensors,
  type WorkerRequest,
  type WorkerResponse,
  type WorkerResults,
  type WorkerSettings,
} from './node/worker-messages.js';
import { SerialQueue } from './serial-queue.js';

const port = parentPort as MessagePort;
const { device, card, gate: shared } = workerData as WorkerSettings;
const engine = new OrtEngine(device, card);
// At once, while the thread's owner is still reading the model. Errors are reported when a model is loaded.
void loadOnnxRuntime().catch(() => undefined);
const gate = new WorkerGate(shared);

// One after the other, so that nothing is freed while something else still uses it.
const queue = new SerialQueue();

port.on('message', (request: WorkerRequest) => queue.enqueue(() => handle(request)));

async function handle(request: WorkerRequest): Promise<void> {
  try {
    const value = await (request.kind === 'close' ? engine.close() : gate.pass(() => answer(request)));
    const transfer = request.kind === 'run' ? buffersOf(value as WorkerResults['run']) : [];
    reply({ id: request.id, ok: true, value: value ?? undefined }, transfer);
  } catch (error) {
    const { name, message, code, attempts } = error as Partial<DeviceError> & Error;
    const optional = { ...(code !== undefined && { code }), ...(attempts !== undefined && { attempts }) };
    reply({ id: request.id, ok: false, error: { name, message, ...optional } }, []);
  }
  // With its port closed and nothing left to do, the thread ends by itself.
  if (request.kind === 'close') port.close();
}

async function answer(
  request: Exclude<WorkerRequest, { kind: 'close' }>,
): Promise<WorkerResults[keyof WorkerResults]> {
  switch (request.kind) {
    case 'load':
      return engine.load(request.source, request.options);
    case 'run': {
      const outputs = await engine.run(request.session, unpackTensors(request.feeds), request.fetches);
      return packTensors(outputs, true);
    }
    case 'release':
      await engine.release(request.session);
      return undefined;
    default:
      return request satisfies never;
  }
}

function reply(response: WorkerResponse, transfer: ArrayBuffer[]): void {
  try {
    port.postMessage(response, transfer as Transferable[]);
  } catch (error) {
    // A build of the engine may own its output buffers; such buffers cannot be transferred, only copied.
    if ((error as Error).name !== 'DataCloneError') throw error;
    port.postMessage(response);
  }
}
