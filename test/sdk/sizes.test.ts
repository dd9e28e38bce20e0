import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const sdk = dirname(createRequire(import.meta.url).resolve('@cflow/sdk/package.json'));
const manifest = JSON.parse(await readFile(join(sdk, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
  dependencies?: Record<string, string>;
};

/**
 * What a program's own bundler makes of an import: the bytes, minified and packed, of all that is loaded with it, and
 * its text. What is imported only when it is needed is in files of its own.
 */
async function bundled(contents: string): Promise<{ bytes: number; code: string }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement') load(next);
    }
  };
  load(Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint) as string);
  const code = outputFiles
    .filter(({ path }) => [...loaded].some((each) => path.endsWith(each)))
    .map(({ text }) => text)
    .join('\n');
  return { bytes: gzipSync(code, { level: 9 }).length, code };
}

describe('the SDK', () => {
  it('has a remote client below 8 kB, with nothing of Node and no zod in it', async () => {
    const { bytes, code } = await bundled("export { CflowClient } from '@cflow/sdk';");
    console.log(`remote client: ${bytes} bytes gzip`);
    expect(bytes).toBeLessThan(8000);
    const all = await bundled("export * from '@cflow/sdk';");
    expect(all.bytes).toBeLessThan(9000);
    for (const found of [code, all.code]) {
      expect(found).not.toMatch(/\bBuffer\b|\bprocess\.|node:|require\(|ZodError/);
    }
    const review = await bundled("export { ReviewClient } from '@cflow/sdk/review';");
    console.log(`review client: ${review.bytes} bytes gzip`);
    expect(review.bytes).toBeLessThan(8000);
    // What is not used is not there.
    const webhook = await bundled("export { verifyWebhook } from '@cflow/sdk';");
    expect(webhook.bytes).toBeLessThan(1500);
  });

  it('depends on nothing at run time', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
  });

  it.skipIf(!manifest.exports['./local'])(
    'scores locally with less than 40 kB beside ONNX Runtime',
    async () => {
      const { bytes } = await bundled("export * from '@cflow/sdk/local';");
      const worker = await readFile(join(sdk, 'dist/assets/worker.js'));
      const packed = gzipSync(worker, { level: 9 }).length;
      console.log(`local entry and worker: ${bytes} + ${packed} bytes gzip`);
      expect(bytes + packed).toBeLessThan(40_000);
    },
  );

  it('is all of it in one script below 40 kB, for pages without a bundler', async () => {
    const script = await readFile(join(sdk, 'dist/cflow.global.js'));
    const packed = gzipSync(script, { level: 9 }).length;
    console.log(`dist/cflow.global.js: ${packed} bytes gzip`);
    expect(packed).toBeLessThan(40_000);
    // What runs it must understand it: no import, no export, nothing of Node.
    expect(script.toString()).not.toMatch(/\b(?:import|export)\s*[{*"']|\brequire\(|import\.meta|ZodError/);
  });
});
