// The thread that works on pixels. It answers one call after the other; the other side is ImageThreads.
import { type MessagePort, parentPort, type Transferable, workerData } from 'node:worker_threads';
import { finishImage } from '../images/finish-image.js';
import { prepareImage } from '../images/prepare-image.js';
import { collectGarbage } from './collect-garbage.js';
import { packError } from './error-message.js';
import { buffersIn, type ImageAnswer, type ImageCall, type ImageThreadSettings } from './image-messages.js';
import { nodeImageCodecs } from './node-image-codecs.js';
import { heldPixels, releasePixels, takePixels } from './pixel-budget.js';

const port = parentPort as MessagePort;
const { limits, pixels } = workerData as ImageThreadSettings;
const codecs = nodeImageCodecs({ ...limits, admit: (bytes) => takePixels(pixels, bytes) });

/**
 * After this many bytes of decoded images, their memory is freed before others may take as much: left to V8, it would stay
 * until this thread works again, and images would take twice the memory that they may. Collecting takes a tenth of the time
 * of decoding that much.
 */
const LARGE = 64_000_000;

port.on('message', async (call: ImageCall) => {
  try {
    const value = await (call.kind === 'prepare'
      ? prepareImage(call.task, codecs)
      : finishImage(call.task, codecs));
    port.postMessage({ ok: true, value } satisfies ImageAnswer, buffersIn(value) as Transferable[]);
  } catch (error) {
    port.postMessage({ ok: false, error: packError(error) } satisfies ImageAnswer);
  }
  // Not before the call is over: it holds what it decoded.
  setImmediate(() => {
    if (heldPixels(pixels) >= LARGE) collectGarbage();
    releasePixels(pixels);
  });
});
