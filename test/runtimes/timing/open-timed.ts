import { fileURLToPath } from 'node:url';
import { loadDetector, sha256Hex } from '@cflow/detector';
import { decodeImagePortable } from '@cflow/images/portable';
import { nodeDevices } from '@cflow/runtime/node';
import type { PredictResponse } from '@cflow/spec';
import { launchChromium } from '../../support/chromium.js';
import { startWorkerd } from '../../support/workerd.js';
import { sourceOf, type Work } from '../score-files.js';
import { servePage } from '../serve-page.js';
import { serveWork } from '../serve-work.js';
import type { TimedRuntime } from './timed-runtime.js';

/** onnxruntime-node, from pixels to verdict. */
export async function openCpu({ bundle, images }: Work, threads: number): Promise<TimedRuntime> {
  const image = await decodeImagePortable(images[0]?.bytes as Uint8Array);
  const devices = await nodeDevices({ threads });
  const detector = await loadDetector(sourceOf(bundle), { devices, device: 'cpu' });
  return {
    runtime: 'node cpu',
    threads,
    async score() {
      const started = performance.now();
      const { score } = await detector.predict(image);
      return { milliseconds: performance.now() - started, score };
    },
    close: () => detector.dispose(),
  };
}

/** onnxruntime-web's wasm in a worker of a page, from pixels to verdict, by the worker's clock. */
export async function openChromiumWasm(work: Work, threads: number): Promise<TimedRuntime> {
  const server = await servePage(work, ['timed-page', 'timed-worker']);
  const browser = await launchChromium().catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(server.origin);
    await page.waitForFunction('"ask" in globalThis');
    const opened = (await page.evaluate(`ask({ threads: ${threads} })`)) as {
      threads: number;
      isolated: boolean;
      pixels: string;
    };
    if (!opened.isolated) throw new Error('the page is not isolated across origins and can have no threads');
    const { data } = await decodeImagePortable(work.images[0]?.bytes as Uint8Array);
    if (opened.pixels !== (await sha256Hex(data))) throw new Error('the page has other pixels than Node');
    return {
      runtime: 'chromium wasm',
      threads: opened.threads,
      score: () => page.evaluate('ask({})') as Promise<{ milliseconds: number; score: number }>,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The service as a Worker: a request with a PNG, from here, since clocks stand still in a Worker. It has one thread. */
export async function openWorkerd(work: Work): Promise<TimedRuntime> {
  const server = await serveWork(work);
  const worker = await startWorkerd({
    entry: fileURLToPath(new URL('../../edge/worker.ts', import.meta.url)),
    bindings: {
      ASSETS: { service: server.origin },
      CFLOW_DETECTORS: { text: 'bundle' },
      CFLOW_ASSETS_PATH: { text: '/' },
      CFLOW_ANONYMOUS: { text: 'true' },
      // Its speed is in question here, not whether it fits.
      CFLOW_MEMORY_MB: { text: '1000' },
      CFLOW_REQUEST_TIMEOUT_SECONDS: { text: '110' },
      CFLOW_LOG_LEVEL: { text: 'warn' },
    },
  }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    runtime: 'workerd wasm',
    threads: 1,
    async score() {
      const started = performance.now();
      const response = await fetch(`${worker.url}/v1/detectors/bundle/predict`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: work.images[0]?.bytes as Uint8Array<ArrayBuffer>,
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`status ${response.status}: ${text}${worker.said()}`);
      const { predictions } = JSON.parse(text) as PredictResponse;
      return { milliseconds: performance.now() - started, score: predictions[0]?.score as number };
    },
    async close() {
      await worker.stop();
      await server.close();
    },
  };
}
