import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSetReport } from '@cflow/spec';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { runCli } from '../../testing/run-cli.js';
import { createWorkplace, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

describe('cflow inspect', () => {
  it('shows what is understood of a data set, for people and for programs', async () => {
    const shown = await place.cflow('inspect', 'brushed-metal');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout.split('\n').slice(0, 5)).toEqual([
      'data set  brushed-metal, read as MVTec AD',
      'good      8 to train on, from train/good',
      '          3 to test on, from test/good',
      expect.stringMatching(/^bad {7}5 to test on, all with masks: 1 \w+/),
      'pixels    64 x 64; PNG in color of 8 bits',
    ]);
    const { code, stdout } = await place.cflow('inspect', 'brushed-metal', '--json');
    const report = JSON.parse(stdout) as DataSetReport;
    expect([code, report.good, report.bad.test]).toEqual([0, { train: 8, validation: 0, test: 3 }, 5]);
  });

  it('looks into a ZIP archive as a job does, and leaves nothing behind', async () => {
    const entries: Record<string, Uint8Array> = {};
    for (const name of ['000.png', '001.png', '002.png']) {
      entries[`set/train/good/${name}`] = new Uint8Array(
        await readFile(join(place.dataSet, 'train/good', name)),
      );
    }
    await writeFile(join(place.path, 'parts.zip'), zipSync(entries));
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('cflow-archive-'));
    const { code, stdout } = await place.cflow('inspect', 'parts.zip');
    expect(code).toBe(0);
    expect(stdout).toMatch(/3 to train on/);
    const after = (await readdir(tmpdir())).filter((name) => name.startsWith('cflow-archive-'));
    expect(after).toEqual(before);
    await writeFile(join(place.path, 'broken.zip'), 'PK no archive');
    expectError(await place.cflow('inspect', 'broken.zip'), 1, /archive/);
    expectError(await place.cflow('inspect', 'none.zip'), 1);
  });

  it('takes folders that are named', async () => {
    const args = [
      '--good',
      'brushed-metal/train/good',
      '--bad',
      'brushed-metal/test',
      '--masks',
      'brushed-metal/ground_truth',
    ];
    expectError(
      await place.cflow('inspect', ...args),
      1,
      /bad\/good are good: either they are bad.*or they are good/,
    );
    const only = ['brushed-metal/test/scratch', 'brushed-metal/ground_truth/scratch'];
    const { code, stdout } = await place.cflow(
      'inspect',
      '--good',
      args[1] as string,
      '--bad',
      only[0] as string,
      '--masks',
      only[1] as string,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/read as folders as named[\s\S]*1 to test on, all with masks/);
    expectError(await place.cflow('inspect'), 2, '--good');
  });

  it('ends with 1 for what a training would stop at, and says it', async () => {
    const folder = join(place.path, 'few', 'good');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.heic'), 'x');
    expectError(await place.cflow('inspect', 'few'), 1, 'no images', 'HEIC');
  });

  it('shows names that hold anything on one line, and loops of links', async () => {
    const folder = join(place.path, 'odd', 'good');
    await mkdir(folder, { recursive: true });
    await symlink(join(place.path, 'odd'), join(folder, 'again'));
    await symlink(join(place.path, 'brushed-metal/train/good'), join(folder, 'li\u001b[2Jnk\nx'));
    const { code, stdout } = await place.cflow('inspect', 'odd');
    expect(code).toBe(0);
    expect(stdout).toMatch(/8 to train on, from good\/li.\[2Jnk x/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/skipped {3}1 link to a folder above it.*again/);
  });

  it('names a folder that may not be read', async () => {
    const folder = join(place.path, 'closed', 'good');
    await mkdir(folder, { recursive: true });
    await chmod(place.path, 0o755);
    await chmod(folder, 0);
    // The superuser may read every folder.
    const user = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const result = await runCli(['inspect', join(place.path, 'closed')], user);
    expectError(result, 1, 'may not be read: permission denied');
    await chmod(folder, 0o700);
  });
});
