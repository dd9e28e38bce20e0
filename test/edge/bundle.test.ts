// What is deployed as a Worker: nothing of Node, and small enough.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleWorker } from '../support/workerd.js';

/** Bytes of the code and of both modules, packed: on the free plan Cloudflare takes 3 MB, else 10 MB or more. */
const MOST_CODE = 400_000;
const MOST = 5_000_000;

for (const entry of ['worker.ts', '../../sdk/examples/workers/src/worker.ts']) {
  it(`${entry} has nothing of Node in it, and a size that can be deployed`, async () => {
    const { code, wasm, inputs } = await bundleWorker(fileURLToPath(new URL(entry, import.meta.url)), {
      minify: true,
    });
    const imported = [...code.matchAll(/\bimport\s*(?:[^'"()]*?from\s*)?["']([^"']+)["']/g)];
    expect(imported.map(([, name]) => name).sort()).toEqual([...wasm.keys()].sort());
    expect([...wasm.keys()].sort()).toEqual(['mozjpeg_dec.wasm', 'ort-wasm-simd-threaded.wasm']);
    const foreign = /node_modules\/(?:pino|prom-client|sharp|onnxruntime-node|@aws-sdk|@hono\/node-server)\//;
    expect(inputs.filter((input) => foreign.test(input))).toEqual([]);
    expect(inputs.filter((input) => /\/(?:node|compat)\//.test(input))).toEqual([]);
    const packed = gzipSync(code).length;
    const modules = await Promise.all(
      [...wasm.values()].map(async (file) => gzipSync(await readFile(file)).length),
    );
    const all = packed + modules.reduce((sum, size) => sum + size, 0);
    process.stdout.write(`${entry}: code ${packed} bytes gzip, with its modules ${all}\n`);
    expect(packed).toBeLessThan(MOST_CODE);
    expect(all).toBeLessThan(MOST);
  });
}
