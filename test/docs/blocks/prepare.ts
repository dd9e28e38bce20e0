// Puts into a workplace what its page takes for granted.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestBytes, parseManifest } from '@cflow/detector';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { encodePng } from '@cflow/visual/node';
import { woodArchive } from '../../service/wood-archive.js';
import { ROOT } from './fenced-blocks.js';
import type { Need } from './page-needs.js';
import type { Workplace } from './workplace.js';

/** What the pages share, made by one of them: `parts/brushed-metal` and `brushed-metal.cflow` in a folder. */
export type Shared = () => Promise<string>;

/** Addresses of what was started, by those that the page names. */
export type Addresses = Map<string, string>;

export const SERVICE = 'http://127.0.0.1:8080';
const HONO_APP = 'http://127.0.0.1:3000';
const METAL = 'parts/brushed-metal';

export async function prepare(
  page: string,
  needs: readonly Need[],
  { folder, run, serve, start }: Workplace,
  shared: Shared,
): Promise<Addresses> {
  const addresses: Addresses = new Map();
  const at = (path: string): string => join(folder, path);
  const bundles: string[] = [];
  // One after the other: a service takes what was put there before it.
  for (const need of needs) {
    if (need === 'wood' || need === 'tile' || need === 'metal') {
      await copyAs(join(await shared(), 'brushed-metal.cflow'), at(`${need}.cflow`), need);
      bundles.push(at(`${need}.cflow`));
    } else if (need === 'small wood') {
      const images = join(await shared(), METAL);
      const { code, output } = await run('cflow', ['train', images, '--name', 'wood', '--method', 'flow']);
      if (code !== 0) throw new Error(`wood was not trained: ${output}`);
      bundles.push(at('wood.cflow'));
    } else if (need === 'tiny wood') {
      await writeFolderBundle(at('wood.cflow'), await makeBundle({ name: 'wood' }));
      bundles.push(at('wood.cflow'));
    } else if (need === 'parts') await cp(join(await shared(), METAL), at(METAL), { recursive: true });
    else if (need === 'part.png') {
      await cp(join(await shared(), METAL, 'test/contamination/000.png'), at('part.png'));
    } else if (need === 'good') {
      await mkdir(at('good'));
      const files = await readdir(join(await shared(), METAL, 'train/good'));
      for (const file of files.slice(0, 12)) {
        await cp(join(await shared(), METAL, 'train/good', file), at(`good/${file}`));
      }
    } else if (need === 'tiny good') {
      await mkdir(at('good'));
      for (let i = 0; i < 12; i++) {
        await writeFile(at(`good/${i}.png`), await encodePng(testImage(i, 64, 64)));
      }
    } else if (need === 'images.zip') await writeFile(at('images.zip'), await woodArchive(8));
    else if (need === 'example files') {
      await cp(join(ROOT, page, '..'), folder, { recursive: true });
    } else if (need === 'hono app') {
      const server = join(ROOT, 'sdk/examples/hono-app/server.ts');
      addresses.set(HONO_APP, await start(['--import', 'tsx', server], { PORT: '0', CFLOW_STORE: 'store' }));
    } else {
      const train = need === 'training service' ? 'here' : 'elsewhere';
      addresses.set(SERVICE, await serve([...bundles, '--store', at('store'), '--train', train]));
    }
  }
  return addresses;
}

/** A bundle under another name. */
async function copyAs(from: string, to: string, name: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const file = join(to, 'manifest.json');
  const manifest = await parseManifest(await readFile(file), from);
  await writeFile(file, await manifestBytes({ ...manifest, name }));
}
