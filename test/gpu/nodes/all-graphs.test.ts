import { writeModel } from '@cflow/onnx';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../packages/training/src/testing/temporary-folder.js';
import { checkInChildProcess } from '../in-child-process.js';
import { vulkanChoices } from '../vulkan-choices.js';
import { allGraphs } from './all-graphs.js';

const folder = temporaryFolder();

it('webgpu takes every node of every graph, with the guard on', async ({ skip }) => {
  const choices = await vulkanChoices(folder);
  const choice = choices.find(({ software }) => software) ?? choices[0];
  if (!choice) return skip('there is no Vulkan driver here, and no SwiftShader (Debian package chromium)');
  const check = await checkInChildProcess(
    // In software: all graphs, but of ResNets only the first stages, whose operators are those of the others.
    { check: 'nodes', device: 'webgpu', quick: false, software: true, bundle: '', folder },
    { ...process.env, ...choice.environment },
    9,
  );
  expect(check.reason).toMatch(/^the guard accepts all \d+ graphs/);
  expect(check.status).toBe('passed');
  const graphs = allGraphs('webgpu', 'shallow').map(({ name }) => name);
  expect(check.figures.names).toEqual(graphs);
  // What the check sees when a node does fall back: ONNX Runtime has no Loop for WebGPU.
  expect(check.figures['onCpu, not used: training/hard/freia-cflow/loop']).toContain('Loop (Loop)');
}, 600_000);

it('covers all backbones, both permutations, both decoders and both precisions', () => {
  const names = allGraphs('webgpu', 'all').map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const backbones = names.filter((name) => name.startsWith('backbone/'));
  expect(backbones.length).toBe(22);
  expect(backbones).toContain('backbone/embedded/float16');
  for (const kind of ['hard/freia-cflow', 'soft/freia-cflow', 'hard/freia-flow', 'soft/freia-flow']) {
    const own = names.filter((name) => name.includes(kind));
    expect(own.filter((name) => name.startsWith('head/')).length).toBe(2);
    expect(own.filter((name) => name.startsWith('likelihood/')).length).toBe(1);
    expect(own.filter((name) => name.startsWith('training/')).length).toBe(2);
  }
  const quick = allGraphs('webgpu', 'quick').map(({ name }) => name.split('/')[0]);
  expect([...new Set(quick)]).toEqual(['backbone', 'head', 'likelihood', 'training']);
});

it('trains with a Loop where there is one', async () => {
  const operators = async (device: 'cuda' | 'webgpu'): Promise<Set<string>> => {
    const graph = allGraphs(device, 'quick').find(({ name }) => name.startsWith('training/'));
    const built = await graph?.build();
    if (!built) throw new Error('no training graph');
    expect(writeModel(built).length).toBeGreaterThan(1000);
    return new Set(built.nodes.map(({ operator }) => operator));
  };
  expect(await operators('cuda')).toContain('Loop');
  expect(await operators('webgpu')).not.toContain('Loop');
});
