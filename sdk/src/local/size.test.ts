import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** What a page downloads before ONNX Runtime: what it bundles of the entry, and the worker. */
it('is small: entry and worker below 40 kB, compressed', async () => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: "export { loadDetector, trainDetector } from './local.js';", resolveDir: DIST },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outdir: '/out',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  // Without what is imported only when it is needed: the engine for hosts without workers.
  const outputs = Object.entries(metafile.outputs);
  const wanted = new Set(
    outputs.filter(([, { entryPoint }]) => entryPoint === '<stdin>').map(([path]) => path),
  );
  for (const path of wanted) {
    for (const { path: next, kind } of metafile.outputs[path]!.imports) {
      if (kind === 'import-statement') wanted.add(next);
    }
  }
  const entry = outputFiles
    .filter(({ path }) => [...wanted].some((output) => path.endsWith(output.split('/').at(-1)!)))
    .reduce((bytes, { contents }) => bytes + gzipSync(contents).length, 0);
  const worker = gzipSync(await readFile(`${DIST}assets/worker.js`)).length;
  console.log(`local entry ${entry} bytes + worker ${worker} bytes = ${entry + worker} bytes gzip`);
  expect(wanted.size).toBeGreaterThan(0);
  expect(entry).toBeGreaterThan(1000);
  expect(entry + worker).toBeLessThan(40_000);
});

it('has nothing of zod in its worker', async () => {
  const worker = await readFile(`${DIST}assets/worker.js`, 'utf8');
  expect(worker).not.toContain('ZodError');
  expect(worker).not.toMatch(/\bimport\s*[{"']/);
});
