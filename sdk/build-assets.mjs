// The files that a page loads by their address, each complete by itself, so that bundlers need only copy them: the
// worker, what it imports when they need, and onnxruntime-web. They are built from the sources, of which so only what
// is used comes in. And one more for pages without a bundler, as a plain script.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, 'dist', 'assets');

/** `@cflow/x/y` is `packages/x/src/y.ts`; `zod` is the part of it that the schemas of bundles need. */
const fromSource = {
  name: 'from-source',
  setup({ onResolve }) {
    onResolve({ filter: /^@cflow\// }, ({ path }) => {
      const [, name, entry = 'index'] = path.split('/');
      return { path: join(here, '..', 'packages', name, 'src', `${entry}.ts`), sideEffects: false };
    });
  },
};
/** What schemas say of their fields is for documentation, which a page does not print. */
const DESCRIPTION = /\.describe\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),?\s*\)/g;
const withSmallZod = {
  name: 'small-zod',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /[\\/]spec[\\/]src[\\/][a-z-]+\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(DESCRIPTION, ''),
      loader: 'ts',
    }));
    // The other schemas are of the service: none of them comes in.
    onResolve({ filter: /^zod$/ }, ({ importer }) =>
      /spec\/src\/(bounds|bundle|calibration|configuration|picture-region|sample-range)\.ts$/.test(
        importer.replaceAll('\\', '/'),
      )
        ? { path: join(here, 'src/local/engine/small-zod.ts') }
        : undefined,
    );
    // What counts keys inside zod is part of it.
    onResolve({ filter: /\/closed-object\.js$/ }, ({ importer }) =>
      /spec\/src\/(bundle|calibration|configuration|picture-region|sample-range)\.ts$/.test(
        importer.replaceAll('\\', '/'),
      )
        ? { path: join(here, 'src/local/engine/small-zod.ts') }
        : undefined,
    );
  },
};

/** No page has CUDA: what its errors say need not come along. */
const withoutCuda = {
  name: 'without-cuda',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]runtime[\\/]src[\\/]cuda-fault-words\.ts$/ }, () => ({
      contents: 'export const CUDA_OUT_OF_MEMORY = [], CUDA_LOST = [];',
    }));
  },
};

/** @param {string} entry @param {string} name */
export async function buildScript(entry, name, { smallZod = true, outdir = assets } = {}) {
  return build({
    entryPoints: [{ in: join(here, 'src/local/engine', entry), out: name }],
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    legalComments: 'linked',
    metafile: true,
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
    plugins: [fromSource, withoutCuda, ...(smallZod ? [withSmallZod] : [])],
  });
}

/** Without the pointer to a source map, which stays behind. */
async function copyScript(from, to) {
  await writeFile(to, `${(await readFile(from, 'utf8')).split('\n//# sourceMappingURL=', 1)[0]}\n`);
}

async function copyOnnxRuntime() {
  const dist = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-web')), '.');
  await Promise.all([
    copyScript(join(dist, 'ort.wasm.bundle.min.mjs'), join(assets, 'ort-wasm.js')),
    copyFile(join(dist, 'ort-wasm-simd-threaded.wasm'), join(assets, 'ort-wasm.wasm')),
    copyScript(join(dist, 'ort.webgpu.bundle.min.mjs'), join(assets, 'ort-webgpu.js')),
    copyFile(join(dist, 'ort-wasm-simd-threaded.asyncify.wasm'), join(assets, 'ort-webgpu.wasm')),
  ]);
}

/** The engine for hosts without workers is a file of its own here, too: scripts import it by its address. */
const threadApart = {
  name: 'thread-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/engine-here\.js$/ }, () => ({ path: './assets/thread.js', external: true }));
  },
};

/** All entries as one script that makes a global `cflow`, for a page with nothing but a script tag. */
function buildGlobalScript() {
  return build({
    entryPoints: [{ in: join(here, 'src/script-tag.ts'), out: 'cflow.global' }],
    outdir: join(here, 'dist'),
    bundle: true,
    format: 'iife',
    globalName: 'cflow',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    legalComments: 'linked',
    define: { 'import.meta.url': 'SCRIPT_ADDRESS' },
    inject: [join(here, 'src/script-address.js')],
    logLevel: 'warning',
    plugins: [fromSource, withoutCuda, withSmallZod, threadApart],
  });
}

await mkdir(assets, { recursive: true });
await Promise.all([
  buildScript('worker.ts', 'worker'),
  buildScript('decode-jpeg.ts', 'jpeg'),
  buildScript('draw-prediction.ts', 'drawing'),
  buildScript('train-bundle.ts', 'training', { smallZod: false }),
  buildScript('engine-here.ts', 'thread', { smallZod: false }),
  buildGlobalScript(),
  copyOnnxRuntime(),
]);
