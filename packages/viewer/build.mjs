// The component with all that it needs in one file. The packages that it is made of are taken from their sources, so that
// only what is used comes in: neither schemas nor anything of Node.
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { colorMap } from '@cflow/visual';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** `@cflow/x` is `packages/x/src/index.ts`. */
const fromSource = {
  name: 'from-source',
  setup({ onResolve }) {
    onResolve({ filter: /^@cflow\/\w+$/ }, ({ path }) => ({
      path: join(here, '..', path.slice('@cflow/'.length), 'src', 'index.ts'),
      sideEffects: false,
    }));
  },
};

/** One table in place of the formulas of four: the viewer has one map of false colors. */
const tableOfColors = {
  name: 'table-of-colors',
  setup({ onLoad }) {
    const turbo = JSON.stringify(Buffer.from(colorMap('turbo')).toString('base64'));
    onLoad({ filter: /[\\/]visual[\\/]src[\\/]color-map\.ts$/ }, () => ({
      contents: `export const colorMap = () => Uint8Array.from(atob(${turbo}), (c) => c.charCodeAt(0));`,
    }));
  },
};

await rm(join(here, 'dist'), { recursive: true, force: true });
await build({
  entryPoints: [join(here, 'src/index.ts'), join(here, 'src/react.ts')],
  outdir: join(here, 'dist'),
  bundle: true,
  // The wrapper imports the component as the package's own entry: two copies would be two elements of one name.
  external: ['react', './index.js'],
  minify: true,
  legalComments: 'linked',
  format: 'esm',
  platform: 'browser',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
  sourcemap: true,
  logLevel: 'warning',
  plugins: [fromSource, tableOfColors],
});
