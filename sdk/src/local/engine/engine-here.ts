import type { OnnxRuntimeWeb } from '@cflow/runtime/web';
import type { AssetUrls } from '../assets.js';
import type { FromEngine, ToEngine } from '../protocol.js';
import type { LocalDevice } from '../types.js';
import { answerCalls } from './answer-calls.js';
import type * as Jpeg from './decode-jpeg.js';
import { Engine } from './engine.js';
import { importModule } from './import-module.js';
import { OrtLoader } from './load-ort.js';

/** An engine in this thread: takes messages, and gives its answers to `post`. */
export function engineHere(
  assets: () => AssetUrls,
  post: (message: FromEngine) => void,
  loadRuntime: ((device: LocalDevice) => Promise<unknown>) | undefined,
): (message: ToEngine) => void {
  const ort = loadRuntime ? undefined : new OrtLoader(assets());
  const engine = new Engine({
    loadOrt: (device) => ort?.load(device) ?? (loadRuntime!(device) as Promise<OnnxRuntimeWeb>),
    threads: (wanted) => ort?.threads(wanted) ?? 1,
    // By its address: bundlers stumble over a file that the decoder names and never reads.
    loadJpeg: () => importModule(assets().jpeg) as Promise<typeof Jpeg>,
    loadDrawing: () => import('./draw-prediction.js'),
    loadTraining: () => import('./train-bundle.js'),
  });
  return answerCalls(engine, post);
}
