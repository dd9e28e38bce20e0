import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenCards, cudaCards, freestCards, visibleCards } from './cards.js';

const TOLD = [
  '0, GPU-11111111-aaaa, 23034, 22000, NVIDIA L4',
  '1, GPU-22222222-bbbb, 23034, 1000, NVIDIA L4',
  '2, GPU-33333333-cccc, 15360, 15000, Tesla T4',
  '',
].join('\n');
const names = (visible?: string) => visibleCards(TOLD, visible).map(({ id, name }) => [id, name]);

describe('the cards that a driver tells of', () => {
  it('have their memory in bytes', () => {
    expect(visibleCards(TOLD, undefined)[1]).toEqual({
      id: 1,
      name: 'NVIDIA L4',
      totalBytes: 23034 * 2 ** 20,
      freeBytes: 1000 * 2 ** 20,
    });
    expect(visibleCards('No devices were found', undefined)).toEqual([]);
    expect(visibleCards('0, GPU-1, [N/A], [N/A], NVIDIA GB10', undefined)).toEqual([]);
  });

  it('are counted as CUDA counts those that are visible', () => {
    expect(names('2,0')).toEqual([
      [0, 'Tesla T4'],
      [1, 'NVIDIA L4'],
    ]);
    expect(names('GPU-3333')).toEqual([[0, 'Tesla T4']]);
    expect(names('')).toEqual([]);
    // CUDA reads up to the first that is none.
    expect(names('1,7,0')).toEqual([[0, 'NVIDIA L4']]);
  });

  it('are chosen by number, all, or by what is free', () => {
    const cards = visibleCards(TOLD, undefined);
    expect(chosenCards('0,2', cards)).toEqual([0, 2]);
    expect(chosenCards('all', cards)).toEqual([0, 1, 2]);
    expect(chosenCards('all', [])).toEqual([0]);
    // Where nobody tells of cards, CUDA will say whether it is there.
    expect(chosenCards('3', [])).toEqual([3]);
    for (const wrong of ['3', 'first', '0,', '-1', '1 2'])
      expect(() => chosenCards(wrong, cards)).toThrow(ConfigurationError);
    expect(freestCards(cards)[0]).toBe(0);
    expect(freestCards(visibleCards(TOLD, '1,2'))[0]).toBe(1);
    expect(freestCards([])).toEqual([0]);
  });
});

describe.skipIf(process.platform === 'win32')('nvidia-smi', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cflow-cards-'));
    await writeFile(join(folder, 'nvidia-smi'), `#!/bin/sh\ncat <<'END'\n${TOLD}END\n`);
    await chmod(join(folder, 'nvidia-smi'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is asked, and may be missing', async () => {
    const PATH = `${folder}:${process.env.PATH}`;
    expect(await cudaCards({ PATH })).toHaveLength(3);
    expect(await cudaCards({ PATH, CUDA_VISIBLE_DEVICES: '1' })).toHaveLength(1);
    expect(await cudaCards({ PATH: join(folder, 'nowhere') })).toEqual([]);
  });
});
