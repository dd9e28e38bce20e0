// Turns the page's sources into the files that a host serves: dist, with a hash in the name of every asset.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';

const here = new URL('./src/', import.meta.url);
const out = new URL('./dist/', import.meta.url);
const sdk = dirname(createRequire(import.meta.url).resolve('@cflow/sdk/package.json'));

const hashOf = (...contents) => {
  const hash = createHash('sha256');
  for (const each of contents) hash.update(each);
  return hash.digest('hex').slice(0, 10);
};

/** Files below `assets/` by their names, as they are to be written. */
const files = new Map();

/**
 * What the SDK loads by its address once somebody scores locally: its worker and onnxruntime-web. The names are the SDK's,
 * so that the hash is their folder's. Kept compressed: 41 MB become 11.
 */
async function localFiles() {
  const folder = join(sdk, 'dist', 'assets');
  const names = (await readdir(folder)).filter((name) => /\.(js|wasm)$/.test(name)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const place = `local-${hashOf(...names, ...contents)}`;
  await Promise.all(
    names.map(async (name, i) => {
      files.set(`${place}/${name}.gz`, await promisify(gzip)(contents[i], { level: 9 }));
    }),
  );
  return `assets/${place}/`;
}

/** The page's engine is in a worker: the one that the SDK has for hosts without workers stays out. */
const noEngineHere = {
  name: 'no-engine-here',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/engine-here-\w+\.js$/ }, () => ({ path: 'engine-here', namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({
      contents: 'export const engineHere = undefined;',
    }));
  },
};

const local = await localFiles();

/**
 * Scripts and style sheets. What only local scoring needs is in chunks, which are loaded when somebody chooses it.
 * The packages are taken from their sources, file by file, so that what is not used, zod first of all, stays out.
 */
const { outputFiles, metafile } = await build({
  absWorkingDir: fileURLToPath(here),
  entryPoints: ['app.ts', 'docs.ts', 'app.css', 'docs.css'],
  bundle: true,
  minify: true,
  splitting: true,
  write: false,
  metafile: true,
  outdir: 'out',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  format: 'esm',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
  define: {
    LOCAL_FILES: JSON.stringify(local),
  },
  legalComments: 'none',
  alias: Object.fromEntries(
    ['evaluation', 'images', 'spec', 'visual'].map((name) => [
      `@cflow/${name}`,
      fileURLToPath(new URL(`../${name}/src/index.ts`, import.meta.url)),
    ]),
  ),
  plugins: [noEngineHere],
  // Chunks of the SDK that are only imported to be there.
  logOverride: { 'ignored-bare-import': 'silent' },
  logLevel: 'warning',
});

const addresses = new Map();
for (const { path, contents } of outputFiles) files.set(basename(path), contents);
for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) addresses.set(entryPoint, `assets/${basename(path)}`);
}
const favicon = await readFile(new URL('favicon.svg', here));
files.set(`favicon-${hashOf(favicon)}.svg`, favicon);
addresses.set('favicon.svg', `assets/favicon-${hashOf(favicon)}.svg`);

for (const [name, contents] of files) {
  const place = new URL(`assets/${name}`, out);
  await mkdir(new URL('./', place), { recursive: true });
  await writeFile(place, contents);
}
for (const name of ['index.html', 'docs.html']) {
  const source = await readFile(new URL(name, here), 'utf8');
  const html = source.replaceAll(/(href|src)="\.\/([\w.]+)"/g, (_, attribute, asset) => {
    const address = addresses.get(asset);
    if (address === undefined) throw new Error(`${name} refers to ${asset}, which is not built`);
    return `${attribute}="${address}"`;
  });
  await writeFile(new URL(name, out), html);
}

// Last, so that there is a whole page at any time.
const assets = new URL('assets/', out);
for (const entry of await readdir(assets, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const name = path.slice(fileURLToPath(assets).length).replaceAll('\\', '/');
  const kept = entry.isDirectory()
    ? [...files.keys()].some((file) => file.startsWith(`${name}/`))
    : files.has(name);
  if (!kept) await rm(path, { recursive: true, force: true });
}
