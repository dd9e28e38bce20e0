// CFLOW at the edge: `/inspect` is your own, everything else is the service.
import { createWorker } from '@cflow/predict/workerd';
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import onnxRuntime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

const cflow = createWorker({ wasm: { onnxRuntime, jpeg } });
type Arguments = Parameters<typeof cflow.fetch>;

/** Answers with one word for a camera that wants no more: `good` or `bad`. */
async function inspect(request: Request, env: Arguments[1], context: Arguments[2]): Promise<Response> {
  const url = new URL('/v1/detectors/wood/predict', request.url);
  const answer = await cflow.fetch(new Request(url, request), env, context);
  if (!answer.ok) return answer;
  const { predictions } = (await answer.json()) as { predictions: { label: string }[] };
  return new Response(`${predictions[0]?.label}\n`);
}

// biome-ignore lint/style/noDefaultExport: a Worker is the default export of its module
export default {
  fetch(...[request, env, context]: Arguments): Promise<Response> {
    const { pathname } = new URL(request.url);
    return pathname === '/inspect' ? inspect(request, env, context) : cflow.fetch(request, env, context);
  },
};
