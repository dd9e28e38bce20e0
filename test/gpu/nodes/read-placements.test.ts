import { describe, expect, it } from 'vitest';
import { judgePlacements } from '../checks/check-nodes.js';
import { markLine, readPlacements } from './read-placements.js';

const log = (words: string): string =>
  `2026-01-01 00:00:00.000000001 [V:onnxruntime:, session_state.cc:1380 VerifyEachNodeIsAssignedToAnEp] ${words}\n`;
const answer = (name: string, refusal: string | null = null): string =>
  `${JSON.stringify({ name, refusal })}\n`;

describe('readPlacements', () => {
  it('reads a graph that is placed whole, and one of which nodes fall back', () => {
    const stderr =
      `a driver's word${markLine('good', true)}${log('Node placements')}` +
      log(' All nodes placed on [WebGpuExecutionProvider]. Number of nodes: 47') +
      `2026-01-01 [I:onnxruntime:, allocation_planner.cc:2653 X] Use (something)\n` +
      `${markLine('bad', true)}[E:onnxruntime:, inference_session.cc:2985 Initialize] refused\n` +
      `${markLine('bad', false)}${log('Node placements')}` +
      `${log(' Node(s) placed on [CPUExecutionProvider]. Number of nodes: 2')}` +
      `${log('  Loop (Loop)')}${log('  Identity (block0/Identity_1)')}` +
      `${log(' Node(s) placed on [WebGpuExecutionProvider]. Number of nodes: 334')}${log('  Split (Split)')}`;
    expect(readPlacements(`npm wrote\n${answer('good')}${answer('bad', 'refused')}`, stderr)).toEqual([
      { graph: 'good', onCpu: [], onDevice: 47 },
      {
        graph: 'bad',
        onCpu: ['Loop (Loop)', 'Identity (block0/Identity_1)'],
        onDevice: 334,
        refusal: 'refused',
      },
    ]);
  });

  it('does not take silence for a yes', () => {
    const [silent] = readPlacements(answer('silent'), markLine('silent', true));
    expect(silent).toEqual({ graph: 'silent', onCpu: [] });
    expect(() => judgePlacements([silent as NonNullable<typeof silent>])).toThrow(
      /1 of 1 graphs.*silent: the engine did not say/,
    );
  });
});

describe('judgePlacements', () => {
  const good = { graph: 'good', onCpu: [], onDevice: 3 };

  it('counts what runs on the device', () => {
    expect(judgePlacements([good, { ...good, graph: 'other', onDevice: 4 }])).toMatchObject({
      reason: expect.stringContaining('all 2 graphs: each of their 7 nodes'),
      figures: { graphs: 2, nodes: 7 },
    });
  });

  it('names the nodes that fall back, but of a graph that is not used only notes them', () => {
    const bad = { graph: 'bad', onCpu: ['Loop (Loop)'], onDevice: 3, refusal: 'refused' };
    expect(() => judgePlacements([good, bad])).toThrow(/1 of 2 graphs .* bad: on the CPU Loop \(Loop\)/);
    const unused = judgePlacements([good, { ...bad, graph: 'not used: bad' }]);
    expect(unused.figures['onCpu, not used: bad']).toEqual(['Loop (Loop)']);
    expect(unused.figures.graphs).toBe(1);
  });

  it('fails when the engine refuses for another reason, and when there is nothing', () => {
    expect(() => judgePlacements([{ graph: 'bad', onCpu: [], refusal: 'out of memory' }])).toThrow(
      /bad: out of memory/,
    );
    expect(() => judgePlacements([])).toThrow(/no graph/);
  });
});
