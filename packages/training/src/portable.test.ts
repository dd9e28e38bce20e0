import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('bundles for a browser without anything of Node, and stays small enough to be loaded for training only', async () => {
  // Of this platform a bundler knows no built-in module: one that is imported anywhere fails the build.
  const { outputFiles } = await build({
    stdin: {
      contents: "export { trainInMemory, trainingFromBundle } from './index.ts'",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  const code = (outputFiles[0] as { contents: Uint8Array }).contents;
  // The report that a training in a page ends with is a seventh of it.
  expect(gzipSync(code).length).toBeLessThan(122_000);
  expect(new TextDecoder().decode(code)).not.toMatch(/\bBuffer\.(from|alloc|concat)\b|process\.versions/);
});
