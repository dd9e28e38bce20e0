import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDevices } from '@cflow/runtime/node';
import { BUNDLE_FILES, BundleError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { folderBundle } from './folder-bundle.js';
import { loadDetector } from './load-detector.js';
import { makeBundle } from './testing/make-bundle.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testImage } from './testing/test-image.js';
import { verifyBundle } from './verify-bundle.js';
import { writeFolderBundle } from './write-folder-bundle.js';

const folder = temporaryFolder();
const files = await makeBundle();

async function refusalOf(path: string): Promise<string> {
  const error = await verifyBundle(folderBundle(path)).catch((found: unknown) => found);
  expect(error).toBeInstanceOf(BundleError);
  return (error as Error).message;
}

describe('folderBundle', () => {
  it('is loaded and scores', async () => {
    const path = join(folder, 'whole');
    await writeFolderBundle(path, files);
    const devices = (await nodeDevices({ threads: 1 })).filter(({ device }) => device === 'cpu');
    const detector = await loadDetector(folderBundle(path), { devices });
    expect((await detector.predict(testImage(0))).score).toBeGreaterThan(0);
    await detector.dispose();
  });

  it('that is not there is refused, naming it', async () => {
    const path = join(folder, 'nowhere');
    expect(await refusalOf(path)).toContain(`there is no bundle at "${path}": expected`);
    await mkdir(join(folder, 'casting.cflow'));
    for (const name of ['castng.cflow', 'casting']) {
      expect(await refusalOf(join(folder, name))).toContain('(is "casting.cflow" meant?): expected');
    }
    await writeFile(join(folder, 'a-file'), '');
    expect(await refusalOf(join(folder, 'a-file'))).toMatch(
      /there is no bundle at ".*a-file", but a file: .*; .*unpack it/,
    );
    await symlink(path, join(folder, 'dangling'));
    expect(await refusalOf(join(folder, 'dangling'))).toMatch(/there is no bundle at/);
  });

  it('that lacks a file is refused, naming it', async () => {
    const path = join(folder, 'incomplete');
    for (const file of Object.values(BUNDLE_FILES)) {
      if (file === BUNDLE_FILES.report) continue;
      await writeFolderBundle(path, files);
      await rm(join(path, file));
      expect(await refusalOf(path)).toContain(`it has no ${file}`);
      await rm(path, { recursive: true });
    }
    await mkdir(path);
    expect(await refusalOf(path)).toContain('it has no manifest.json');
  });

  it('with a folder in the place of a file is refused', async () => {
    const path = join(folder, 'odd');
    await writeFolderBundle(path, files);
    await rm(join(path, 'head.onnx'));
    await mkdir(join(path, 'head.onnx'));
    expect(await refusalOf(path)).toMatch(/head.onnx of bundle "odd" is a folder/);
  });

  it('is read through a link', async () => {
    const path = join(folder, 'linked');
    await writeFolderBundle(path, files);
    await symlink(path, join(folder, 'link'));
    expect((await verifyBundle(folderBundle(join(folder, 'link')))).manifest.name).toBe('test');
  });
});
