// A detector of the size that the edge is for, and what it takes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { FORWARDED_HEADER } from '@cflow/predict/workerd';
import { encodePng } from '@cflow/visual/node';
import { expect, it } from 'vitest';
import { startWorkerd } from '../support/workerd.js';

/** What docs/deploy.md sets aside: 128 MB less 78 MB, and the engine before its first detector. */
const MOST_WASM = 50e6 + 17e6;

it('a MobileNetV2 detector in float16 is scored within 128 MB, and not forwarded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-memory-'));
  const bundle = await makeBundle({ name: 'wood', backbone: 'mobilenet_v2', precision: 'float16' });
  await mkdir(join(folder, 'detectors', 'wood'), { recursive: true });
  for (const [name, bytes] of bundle) await writeFile(join(folder, 'detectors', 'wood', name), bytes);
  const worker = await startWorkerd({
    entry: fileURLToPath(new URL('worker.ts', import.meta.url)),
    bindings: {
      ASSETS: { folder },
      CFLOW_DETECTORS: { text: 'wood' },
      CFLOW_ANONYMOUS: { text: 'true' },
      CFLOW_REQUEST_TIMEOUT_SECONDS: { text: '110' },
    },
  });
  try {
    const response = await fetch(`${worker.url}/v1/detectors/wood/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: await encodePng(testImage(1, 300, 200)),
    });
    expect(response.status, (await response.text()) + worker.said()).toBe(200);
    expect(response.headers.get(FORWARDED_HEADER)).toBeNull();
    await expect.poll(() => worker.said()).toContain('wasmBytes');
    const bytes = Number(/"wasmBytes":(\d+)/.exec(worker.said())?.[1]);
    process.stdout.write(`memory of the engine: ${bytes} bytes\n`);
    expect(bytes).toBeGreaterThan(17e6);
    expect(bytes).toBeLessThan(MOST_WASM);
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
