// The service as a Worker scores the work's files one by one; the pixels that it scored are shown beside, by the same decoder.
import { parseManifest } from '@cflow/detector';
import { decodeImagePortable, mozJpegDecoder } from '@cflow/images/portable';
import { createWorker } from '@cflow/predict/workerd';
import { BUNDLE_FILES, type PredictResponse } from '@cflow/spec';
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import onnxRuntime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import { fetchWork, pixelsOf, type ScoredFile } from '../score-files.js';

const cflow = createWorker({ wasm: { onnxRuntime, jpeg } });
type Arguments = Parameters<typeof cflow.fetch>;
const decodeJpeg = mozJpegDecoder(jpeg);

async function scoreAll(origin: string, env: Arguments[1], context: Arguments[2]): Promise<ScoredFile[]> {
  const { bundle, images } = await fetchWork(origin);
  const bytes = bundle.get(BUNDLE_FILES.manifest) as Uint8Array;
  const { inputSize, range } = (await parseManifest(bytes, 'bundle')).configuration;
  const scored: ScoredFile[] = [];
  for (const { name, bytes: body } of images) {
    const headers = { 'content-type': 'application/octet-stream' };
    const url = 'http://edge/v1/detectors/bundle/predict';
    const asked = new Request(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> });
    const answer = await cflow.fetch(asked, env, context);
    if (!answer.ok) throw new Error(`status ${answer.status}: ${await answer.text()}`);
    const { predictions } = (await answer.json()) as PredictResponse;
    const image = await decodeImagePortable(body, { decodeJpeg, range });
    scored.push({ name, score: predictions[0]?.score as number, pixels: await pixelsOf(image, inputSize) });
  }
  return scored;
}

// biome-ignore lint/style/noDefaultExport: a Worker is the default export of its module
export default {
  async fetch(...[request, env, context]: Arguments): Promise<Response> {
    const origin = new URL(request.url).searchParams.get('work') as string;
    try {
      return Response.json(await scoreAll(origin, env, context));
    } catch (error) {
      return new Response(String((error as Error).stack ?? error), { status: 500 });
    }
  },
};
