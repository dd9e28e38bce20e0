// What the product asks of a card, counted on one that computes nothing. Numbers and speed are for `npm run gpu:check`.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { judgePlacements } from '../gpu/checks/check-nodes.js';
import { allGraphs } from '../gpu/nodes/all-graphs.js';
import { readPlacements } from '../gpu/nodes/read-placements.js';
import { cudaLibraries, whyNoCuda } from './cuda-libraries.js';
import { StandInCard } from './stand-in/card.js';
import type { Counters } from './stand-in/counters.js';

let why: string | undefined;
let card: StandInCard;
beforeAll(async () => {
  why = await whyNoCuda();
  if (why === undefined) card = await StandInCard.make((await cudaLibraries()).folder);
}, 600_000);
afterAll(() => card?.dispose());
const needsCuda = ({ skip }: Pick<TestContext, 'skip'>): void => {
  if (why !== undefined) skip(why);
};

it('every graph that the product builds lies on the card, with no copy put in', async (context) => {
  needsCuda(context);
  const script = await card.tree.addScript('gpu/nodes/place-nodes.ts');
  const { code, stdout, stderr } = await card.run(script, ['cuda', 'shallow']);
  expect(code).toBe(0);
  const placements = readPlacements(stdout, stderr);
  expect(placements.map(({ graph }) => graph)).toEqual(allGraphs('cuda', 'shallow').map(({ name }) => name));
  const { reason, figures } = judgePlacements(placements);
  expect(reason).toMatch(/^the guard accepts all \d+ graphs/);
  expect(figures.nodes).toBeGreaterThan(2000);
  // The engine puts them in as nodes, and names them.
  expect(stderr).not.toMatch(/Memcpy(From|To)Host \(/);
}, 900_000);

describe('what is asked of the card', () => {
  let counted: Record<string, Counters>;
  beforeAll(async () => {
    if (why !== undefined) return;
    const script = await card.tree.addScript('cuda/count-card.ts');
    const { stdout, stderr } = await card.run(script, ['COUNTS']);
    if (!stdout.startsWith('{')) throw new Error(stderr.slice(-2000));
    counted = JSON.parse(stdout) as Record<string, Counters>;
  }, 600_000);

  it('by a step of training: one wait, a few bytes, and the state stays where it is', (context) => {
    needsCuda(context);
    const eight = counted['training, 8 steps more'] as Counters;
    expect(eight.waits).toBe(8);
    expect(eight.toHost).toBe(8);
    // The loop's condition and the loss.
    expect(eight.toHostBytes).toBe(8 * 5);
    expect(eight.toDeviceBytes / 8).toBeLessThan(1000);
    expect(eight.products).toBe(8 * 39);
    expect(eight.launches / 8).toBeGreaterThan(100);
    // Adam on the same parameters of all blocks at once, and not on one after the other.
    const apart = counted['training, its state apart, 8 steps more'] as Counters;
    expect(apart.products).toBe(eight.products);
    expect(eight.launches / apart.launches).toBeLessThan(0.6);
    // What the first step needs besides goes there once, and back once.
    const first = counted['training, a call of 1 step'] as Counters;
    expect(first.waits).toBeLessThan(5);
    expect(first.toHostBytes).toBeGreaterThan(100_000);
  });

  it('by scoring as one graph: the picture in, the answer out, and nothing else', (context) => {
    needsCuda(context);
    const [pixels, levels, ends, score] = [3 * 256 * 256, 256 * 256 * 2, 2 * 4, 4];
    const whole = counted['scoring, one graph'] as Counters;
    expect(whole.toHostBytes).toBe(levels + ends + score);
    expect(whole.toHost).toBe(4);
    // Beside it a few numbers of the graph's own, such as sizes.
    expect(whole.toDeviceBytes - pixels).toBeLessThan(100);
    expect(whole.waits).toBeLessThanOrEqual(2);
    expect(whole.convolutions).toBeGreaterThan(10);
    // Two graphs hand feature maps over by the host.
    const apart = counted['scoring, two graphs'] as Counters;
    expect(apart.toDeviceBytes + apart.toHostBytes).toBeGreaterThan(1_000_000);
    expect(whole.toDeviceBytes + whole.toHostBytes).toBeLessThan(400_000);
    // The engine rewrites the whole a little otherwise than its halves.
    const multiplied = ({ convolutions, products }: Counters): number => convolutions + products;
    expect(multiplied(whole) / multiplied(apart)).toBeCloseTo(1, 1);
  });
});

describe('the memory of a card', () => {
  it('that is full refuses, is told of as that, and is there again when another detector has gone', async (context) => {
    needsCuda(context);
    const script = await card.tree.addScript('cuda/card-memory.ts');
    const small = { CUDA_STAND_IN_MEMORY: String(4e8), CUDA_STAND_IN_DEVICES: '3' };
    const { stdout, stderr, counters } = await card.run(script, ['2'], small);
    expect(stdout, stderr).toMatch(/^{/);
    const { opened, ...rest } = JSON.parse(stdout) as { opened: number };
    // A detector takes 66 MB.
    expect(opened).toBeGreaterThan(3);
    expect(opened).toBeLessThan(8);
    expect(rest).toEqual({ refusal: 'out-of-memory', large: 'out-of-memory', small: 'scored' });
    expect(counters.refusedAllocations).toBeGreaterThan(0);
    // It is the third of three.
    expect(counters.device).toBe(2);
  }, 300_000);
});

describe('products are exact: the variable is set before anything of CUDA is', () => {
  // Whatever the surroundings say.
  const surroundings = { NVIDIA_TF32_OVERRIDE: '1' };

  it('in a worker thread, and in the thread that asks', async (context) => {
    needsCuda(context);
    const script = await card.tree.addScript('cuda/open-session.ts');
    for (const thread of ['worker', 'here']) {
      const { stdout, counters } = await card.run(script, [thread], surroundings);
      expect(stdout).toBe('{"opened":true}\n');
      expect(counters).toMatchObject({ inexactHandles: 0 });
      expect(counters.exactHandles).toBeGreaterThan(0);
    }
  }, 120_000);

  it('but for the mode throughput, in which the image’s own variable is taken back', async (context) => {
    needsCuda(context);
    const script = await card.tree.addScript('cuda/open-session.ts');
    const throughput = { NVIDIA_TF32_OVERRIDE: '0', CFLOW_PRECISION_MODE: 'throughput' };
    for (const thread of ['worker', 'here']) {
      const { stdout, counters } = await card.run(script, [thread], throughput);
      expect(stdout).toBe('{"opened":true}\n');
      expect(counters).toMatchObject({ exactHandles: 0 });
      expect(counters.inexactHandles).toBeGreaterThan(0);
    }
  }, 120_000);

  it('in the process that tries a device, and in that of a lane', async (context) => {
    needsCuda(context);
    const script = await card.tree.addScript('cuda/entries.ts');
    for (const entry of ['probe', 'service']) {
      const args = [entry, join(card.tree.folder, 'work')];
      const { stdout, stderr, counters } = await card.run(script, args, surroundings);
      // Nothing is computed, so that every number is wrong: it got as far as that.
      expect(stdout, stderr).toMatch(/wrong/);
      expect(counters).toMatchObject({ inexactHandles: 0 });
      expect(counters.exactHandles).toBeGreaterThan(0);
    }
  }, 120_000);
});
