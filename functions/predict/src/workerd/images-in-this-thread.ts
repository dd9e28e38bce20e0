import {
  abortReason,
  type ImageCodecs,
  type ImageWork,
  type PreparedImage,
  type PrepareTask,
} from '@cflow/inference';
import { finishImage, prepareImage } from '@cflow/inference/images';
import { releaseBuffer } from '@cflow/spec';

/**
 * Pixels where there is one thread only. The images of a request go one after the other, so that no more than one is in
 * memory with all its pixels. Requests do not wait for each other: on Cloudflare's runtime one may end, with all that
 * it was at, while another waits for it.
 */
export function imagesInThisThread(codecs: ImageCodecs): ImageWork {
  const last = new WeakMap<AbortSignal, Promise<unknown>>();
  const inTurn = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const before = last.get(signal) ?? Promise.resolve();
    const done = before.then(() => {
      if (signal.aborted) throw abortReason(signal);
      return work();
    });
    last.set(
      signal,
      done.catch(() => undefined),
    );
    return done;
  };
  return {
    warm: () => undefined,
    prepare: (task, signal) => inTurn(signal, () => prepareAndRelease(task, codecs)),
    finish: (task, signal) => inTurn(signal, () => finishImage(task, codecs)),
    close: async () => undefined,
  };
}

/**
 * What is made of the decoded pixels are copies; the pixels are not needed after it, and neither is the file, each of which is
 * decoded once.
 */
async function prepareAndRelease(task: PrepareTask, codecs: ImageCodecs): Promise<PreparedImage> {
  const decoded: Uint8Array[] = [];
  try {
    return await prepareImage(task, {
      ...codecs,
      async decodeImage(bytes, range) {
        const image = await codecs.decodeImage(bytes, range);
        decoded.push(image.data);
        // Of a part of a body, others may need the rest.
        if (bytes.byteLength === bytes.buffer.byteLength && !decoded.includes(bytes)) decoded.push(bytes);
        return image;
      },
    });
  } finally {
    for (const data of decoded) releaseBuffer(data.buffer);
  }
}
