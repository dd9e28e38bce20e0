import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServiceEnvironment, startService } from '@cflow/predict/node';
import type { PredictResponse } from '@cflow/spec';
import type { ScoredFile, Work } from './score-files.js';

/** Sends the files to a real service on the CPU. */
export async function overHttp(work: Work, bundleFolder: string, name: string): Promise<ScoredFile[]> {
  const store = await mkdtemp(join(tmpdir(), 'cflow-store-'));
  const environment = readServiceEnvironment({
    PORT: '0',
    CFLOW_STORE: store,
    CFLOW_BUNDLES: bundleFolder,
    CFLOW_DEVICE: 'cpu',
    CFLOW_TRAIN: 'off',
    CFLOW_LOG_LEVEL: 'silent',
  });
  const service = await startService({ environment, version: '0.0.0' });
  try {
    await service.ready;
    const scored: ScoredFile[] = [];
    for (const { name: file, bytes } of work.images) {
      const response = await fetch(`${service.url}/v1/detectors/${name}/predict`, {
        method: 'POST',
        headers: { 'content-type': file.endsWith('.png') ? 'image/png' : 'image/jpeg' },
        body: bytes,
      });
      if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
      const { predictions } = (await response.json()) as PredictResponse;
      scored.push({ name: file, score: predictions[0]!.score });
    }
    return scored;
  } finally {
    await service.close();
    await rm(store, { recursive: true, force: true });
  }
}
