import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { float32 } from '@cflow/onnx';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expectAgreement } from './agreement.js';
import { alternate, quantile } from './alternate.js';
import { findPython } from './peer/find-python.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('bench.ts', import.meta.url));

const lineSchema = z.strictObject({
  name: z.string(),
  value: z.number().positive(),
  unit: z.enum(['ms/image', 'ms/step', 's', 'mean over seeds']),
  peer: z.string(),
  peerValue: z.number().positive(),
  ratio: z.number().positive(),
  ratioSpread: z.tuple([z.number().positive(), z.number().positive()]).optional(),
});

async function bench(
  which: string,
  environment: Record<string, string>,
): Promise<{ lines: z.infer<typeof lineSchema>[]; stderr: string }> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', SCRIPT, which, '--quick'],
    { cwd: ROOT, env: { ...process.env, ...environment } },
  );
  const lines = stdout.trimEnd().split('\n');
  return { lines: lines.map((line) => lineSchema.parse(JSON.parse(line))), stderr };
}

const python = await findPython(ROOT);

describe('npm run bench', () => {
  it.each(['score', 'train'])(
    '%s prints JSON lines alone, and says that anomalib is left out',
    async (which) => {
      const { lines, stderr } = await bench(which, { CFLOW_PEER_PYTHON: 'none' });
      const peers = which === 'score' ? ['reference', 'as many'] : ['reference'];
      expect(lines.map(({ name }) => name)).toEqual(peers.map(() => `${which}/quick`));
      for (const [index, { value, peerValue, ratio, peer }] of lines.entries()) {
        expect(peer.startsWith(peers[index] as string)).toBe(true);
        expect(ratio).toBeCloseTo(peerValue / value, 2);
      }
      expect(stderr.match(/^not compared with anomalib itself: .+$/gm)).toHaveLength(1);
      expect(stderr).toMatch(/cflow agrees to \S+ with reference algorithm/);
    },
  );

  it('race trains both presets on the same images and says what they reach', async () => {
    const { lines, stderr } = await bench('race', { CFLOW_PEER_PYTHON: 'none' });
    const figures = lines.filter(({ unit }) => unit === 'mean over seeds');
    expect(figures.map(({ name }) => name)).toEqual(
      ['imageAuroc', 'pixelAuroc', 'aupro'].map((figure) => `race/wood/${figure}`),
    );
    for (const { value, peerValue, ratio, peer } of lines) {
      expect(peer).toBe('preset anomalib, 2 epochs');
      if (figures.some((line) => line.value === value)) expect(ratio).toBeCloseTo(value / peerValue, 1);
    }
    for (const { value } of figures) expect(value).toBeLessThanOrEqual(1);
    expect(stderr).toMatch(/seed 0, anomalib: after /);
  });

  // Not every machine has it, and what is measured there is the same program: no test is missed where it is not.
  const comparing = 'missing' in python ? undefined : python;
  if (!comparing)
    console.info(`not compared with anomalib itself: ${(python as { missing: string }).missing}`);
  else
    it('compares with anomalib itself where Python has it', async () => {
      for (const which of ['score', 'train']) {
        const { lines, stderr } = await bench(which, { CFLOW_PEER_PYTHON: comparing.python });
        expect(lines.map(({ peer }) => peer.split(' ')[0]).slice(0, 2)).toEqual(['reference', 'anomalib']);
        expect(stderr).toMatch(/cflow agrees to \S+ with anomalib/);
      }
    }, 180_000);

  it('ends with an error that shows the usage when asked for nothing it knows', async () => {
    const failure = await bench('everything', {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('score|train') });
  });
});

describe('what is timed', () => {
  const outputs = (values: number[]) => ({ y: float32([values.length], values) });
  it('computes the same, or is refused', () => {
    const names = new Map([['y', 'largest' as const]]);
    expect(expectAgreement('A and B', outputs([1, 200.01]), outputs([1, 200]), names)).toBeCloseTo(5e-5, 6);
    const compare = (found: number[]) => () =>
      expectAgreement('A and B', outputs(found), outputs([1, 2]), names);
    expect(compare([1, 2.001])).toThrow(/A and B do not compute the same.* y by 5\.0e-4/);
    expect(compare([1, Number.NaN])).toThrow(/y by NaN/);
    expect(compare([1])).toThrow(/y by NaN/);
  });

  it('takes turns, and leaves the first turn out', async () => {
    const turns: string[] = [];
    const contender = (name: string) => ({ name, run: async () => turns.push(name) });
    const effort = { seconds: 0, minRounds: 2, maxRounds: 5 };
    const samples = await alternate([contender('a'), contender('b')], effort);
    expect(turns.join('')).toBe('ababab');
    expect(samples).toEqual([
      [3, 5],
      [4, 6],
    ]);
    expect([0, 0.25, 0.5, 1].map((share) => quantile([4, 1, 2, 3], share))).toEqual([1, 1.75, 2.5, 4]);
  });
});

describe('a Python with anomalib', () => {
  it('that is named but has none is told apart from one that is not named', async () => {
    const named = await findPython(ROOT, { CFLOW_PEER_PYTHON: '/nowhere/python' });
    expect(named).toEqual({ missing: expect.stringContaining('"/nowhere/python"') });
    const off = await findPython(ROOT, { CFLOW_PEER_PYTHON: 'none' });
    expect(off).toEqual({ missing: expect.stringContaining('none') });
  });
});
