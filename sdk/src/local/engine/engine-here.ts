import type { OnnxRuntimeWeb } from '@cflow/runtime/web';
import type { AssetUrls } from '../assets.js';
import type { FromEngine, ToEngine } from '../protocol.js';
import type { LocalDevice } from '../types.js';
import { answerCalls } from './answer-calls.js';
import { Engine } from './engine.js';
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
    loadJpeg: () => import('./decode-jpeg.js'),
    loadDrawing: () => import('./draw-prediction.js'),
    loadTraining: () => import('./train-bundle.js'),
  });
  return answerCalls(engine, post);
}
