// The worker of a page. Its first message says where the SDK's other files are.
import type { AssetUrls } from '../assets.js';
import type { FromEngine, ToEngine } from '../protocol.js';
import { answerCalls } from './answer-calls.js';
import type * as Jpeg from './decode-jpeg.js';
import type * as Drawing from './draw-prediction.js';
import { Engine } from './engine.js';
import { importModule } from './import-module.js';
import { OrtLoader } from './load-ort.js';
import type * as Training from './train-bundle.js';

const scope = globalThis as unknown as {
  addEventListener(type: 'message', listener: (event: MessageEvent<ToEngine>) => void): void;
  postMessage(message: FromEngine, transfer: Transferable[]): void;
};

let answer: ((message: ToEngine) => void) | undefined;
scope.addEventListener('message', ({ data: message }) => {
  if (message.kind === 'start') answer ??= start(message.assets);
  else answer?.(message);
});

function start(assets: AssetUrls): (message: ToEngine) => void {
  const ort = new OrtLoader(assets);
  const engine = new Engine({
    loadOrt: (device) => ort.load(device),
    threads: (wanted) => ort.threads(wanted),
    loadJpeg: () => importModule(assets.jpeg) as Promise<typeof Jpeg>,
    loadDrawing: () => importModule(assets.drawing) as Promise<typeof Drawing>,
    loadTraining: () => importModule(assets.training) as Promise<typeof Training>,
  });
  return answerCalls(engine, (message, transfer) => scope.postMessage(message, transfer));
}
