// Turns the page's sources into the files that the service serves: dist/page, with a hash in the name of every asset.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { colorMap } from '@cflow/visual';
import { build } from 'esbuild';

const here = new URL('./', import.meta.url);
const out = new URL('../dist/page/', here);

/**
 * Scripts and style sheets, each in one file: two small pages gain nothing from shared chunks.
 * The packages are taken from their sources, file by file, so that what is not used, zod first of all, stays out.
 */
const { outputFiles } = await build({
  absWorkingDir: fileURLToPath(here),
  entryPoints: ['app.ts', 'docs.ts', 'app.css', 'docs.css'],
  bundle: true,
  minify: true,
  write: false,
  outdir: 'out',
  format: 'esm',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
  define: { TURBO: JSON.stringify(Buffer.from(colorMap('turbo')).toString('base64')) },
  legalComments: 'none',
  alias: Object.fromEntries(
    ['evaluation', 'spec'].map((name) => [
      `@cflow/${name}`,
      fileURLToPath(new URL(`../../../packages/${name}/src/index.ts`, here)),
    ]),
  ),
  logLevel: 'warning',
});

await mkdir(new URL('assets/', out), { recursive: true });

const addresses = new Map();
const assets = [
  ...outputFiles.map(({ path, contents }) => [basename(path), contents]),
  ['favicon.svg', await readFile(new URL('favicon.svg', here))],
];
for (const [name, contents] of assets) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  const extension = extname(name);
  const hashed = `assets/${basename(name, extension)}-${hash}${extension}`;
  await writeFile(new URL(hashed, out), contents);
  addresses.set(name, hashed);
}
for (const name of ['index.html', 'docs.html']) {
  const source = await readFile(new URL(name, here), 'utf8');
  const html = source.replaceAll(/(href|src)="\.\/([\w.]+)"/g, (_, attribute, asset) => {
    const address = addresses.get(asset.replace(/\.ts$/, '.js'));
    if (address === undefined) throw new Error(`${name} refers to ${asset}, which is not built`);
    return `${attribute}="${address}"`;
  });
  await writeFile(new URL(name, out), html);
}

// Last, so that there is a whole page at any time.
const built = new Set([...addresses.values()].map((address) => basename(address)));
for (const name of await readdir(new URL('assets/', out))) {
  if (!built.has(name)) await rm(new URL(`assets/${name}`, out));
}
