// Runs in a worker of the page, as the engine of the SDK does: opens the detector once, then scores whenever it is asked.
import { type Detector, loadDetector, sha256Hex } from '@cflow/detector';
import { decodeImagePortable } from '@cflow/images/portable';
import { webDevices } from '@cflow/runtime/web';
import type { RgbImage } from '@cflow/spec';
import * as ort from 'onnxruntime-web/wasm';
import { fetchWork, sourceOf } from '../score-files.js';

// The part of a worker that is used; the types of the DOM are not for the rest of these tests.
declare const location: { origin: string };
declare const crossOriginIsolated: boolean;
declare function postMessage(message: object): void;
declare const Worker: new (...parameters: unknown[]) => object;

/** Threads are workers of this worker, made by the engine. */
let workers = 0;
const countedWorker = new Proxy(Worker, {
  construct(made, parameters) {
    workers++;
    return Reflect.construct(made, parameters) as object;
  },
});

let detector: Detector;
let image: RgbImage;

async function open(threads: number): Promise<object> {
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = threads;
  const work = await fetchWork(location.origin);
  image = await decodeImagePortable(work.images[0]?.bytes as Uint8Array);
  const devices = webDevices({ load: async () => ort });
  detector = await loadDetector(sourceOf(work.bundle), { devices, device: 'wasm' });
  const pixels = await sha256Hex(image.data);
  return { threads: 1 + workers, isolated: crossOriginIsolated, pixels };
}

async function score(): Promise<object> {
  const started = performance.now();
  const { score: found } = await detector.predict(image);
  return { milliseconds: performance.now() - started, score: found };
}

function answer({ data: { threads } }: { data: { threads?: number } }): void {
  (threads === undefined ? score() : open(threads)).then(postMessage, (error: unknown) =>
    postMessage({ error: String((error as Error).stack ?? error) }),
  );
}

Object.assign(globalThis, { Worker: countedWorker, onmessage: answer });
