import { fileURLToPath } from 'node:url';
import { startWorkerd } from '../support/workerd.js';
import type { ScoredFile } from './score-files.js';

/** Scores the work that is served at an address by the service as a Worker, in Cloudflare's runtime. */
export async function onWorkerd(origin: string): Promise<ScoredFile[]> {
  const worker = await startWorkerd({
    entry: fileURLToPath(new URL('workerd/worker.ts', import.meta.url)),
    bindings: {
      // The work's bundle lies at /bundle/, which is a detector of that name among assets.
      ASSETS: { service: origin },
      CFLOW_DETECTORS: { text: 'bundle' },
      CFLOW_ASSETS_PATH: { text: '/' },
      CFLOW_ANONYMOUS: { text: 'true' },
    },
  });
  try {
    const response = await fetch(`${worker.url}/?work=${encodeURIComponent(origin)}`);
    if (!response.ok) throw new Error(`the worker failed: ${await response.text()}${worker.said()}`);
    return (await response.json()) as ScoredFile[];
  } finally {
    await worker.stop();
  }
}
