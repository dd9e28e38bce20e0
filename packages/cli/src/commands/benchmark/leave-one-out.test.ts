import { describe, expect, it } from 'vitest';
import { choiceLines } from './choice-lines.js';
import { leaveOneOut } from './leave-one-out.js';
import { tableFormat } from './table-format.js';
import { benchmarkCell } from './testing/benchmark-cell.js';

const cells = (variant: string, values: Record<string, number[]>, kind: 'detector' | 'peer' = 'detector') =>
  Object.entries(values).flatMap(([category, seeds]) =>
    seeds.map((imageAuroc, seed) => benchmarkCell({ variant, kind, category, seed, imageAuroc })),
  );

describe('leaveOneOut', () => {
  const flow = cells('flow', { wood: [0.9, 0.92], lid: [0.8, 0.8], metal: [0.7, 0.7] });
  const memory = cells('memory', { wood: [0.7, 0.7], lid: [0.85, 0.85], metal: [0.9, 0.9] });

  it('chooses without looking at the category that it is confirmed on', () => {
    const choices = leaveOneOut([...flow, ...memory]);
    expect(choices.map(({ category }) => category)).toEqual(['wood', 'lid', 'metal']);
    // On lid and metal memory is the better one, and on wood it is not: what choosing is worth there.
    expect(choices[0]).toMatchObject({ chosen: { variant: 'memory' }, best: { variant: 'flow' } });
    expect(choices[0]?.chosen.value).toBeCloseTo(0.7, 12);
    expect(choices[0]?.best.value).toBeCloseTo(0.91, 12);
    // Wood and lid are for flow, 0.855 to 0.775, so that metal gets what it is worst at.
    expect(choices[2]?.chosen).toMatchObject({ variant: 'flow', value: expect.closeTo(0.7, 12) });
    expect(choices.map(({ bestPeer }) => bestPeer)).toEqual([null, null, null]);
  });

  it('never chooses a peer, and shows the best one', () => {
    const peers = [
      ...cells('near', { wood: [1], lid: [0.9], metal: [1] }, 'peer'),
      ...cells('far', { lid: [0.95] }, 'peer'),
    ];
    const choices = leaveOneOut([...flow, ...memory, ...peers]);
    expect(
      choices.every(({ chosen, best }) =>
        [chosen, best].every((each) => each.variant.length > 3 && each.variant !== 'near'),
      ),
    ).toBe(true);
    expect(choices.map(({ bestPeer }) => bestPeer)).toEqual([
      { variant: 'near', value: 1 },
      { variant: 'far', value: 0.95 },
      { variant: 'near', value: 1 },
    ]);
  });

  it('is shown with what it would have been worth to look', () => {
    const lines = choiceLines(leaveOneOut([...flow, ...memory]), tableFormat('text'));
    expect(lines.slice(1)).toEqual([
      'Chosen on all categories but one, by image AUROC, and confirmed on that one',
      'left out  chosen on the others  best there    best peer there',
      'wood      0.700 memory          0.910 flow    –',
      'lid       0.800 flow            0.850 memory  –',
      'metal     0.700 flow            0.900 memory  –',
      'average   0.733                 0.887         –',
    ]);
    expect(choiceLines([], tableFormat('text'))).toEqual([]);
  });

  it('has nothing to say of one detector or one category', () => {
    expect(leaveOneOut(flow)).toEqual([]);
    expect(leaveOneOut([...cells('flow', { wood: [0.9] }), ...cells('memory', { wood: [0.8] })])).toEqual([]);
  });
});
