import { makeBundle, testImage } from '@cflow/detector/testing';
import type { DetectorSettings, ShadowComparison } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ShadowedInference } from '../inference.js';
import { createNodeInference } from '../node/create-node-inference.js';
import type { ShadowOutcome } from '../observer.js';
import { MemoryRegistry } from '../testing/memory-registry.js';
import { options, request } from '../testing/requests.js';

let bundles: Map<string, Uint8Array>[];
const images: { encoded: Uint8Array }[] = [];
beforeAll(async () => {
  bundles = await Promise.all(
    [
      { name: 'wood', seed: 0, backboneSeed: 0 },
      { name: 'wood', seed: 1, backboneSeed: 1 },
      { name: 'wood', seed: 2, backboneSeed: 2 },
    ].map((each) => makeBundle(each)),
  );
  for (let i = 0; i < 12; i++) images.push({ encoded: await encodePng(testImage(i)) });
});

let inference: ShadowedInference | undefined;
afterEach(async () => {
  await inference?.close();
});

function start(
  settings: Partial<DetectorSettings>,
  rest: Partial<Parameters<typeof createNodeInference>[0]> = {},
) {
  const registry = new MemoryRegistry();
  registry.add('wood', bundles[0] as Map<string, Uint8Array>, 'production');
  registry.add('wood', bundles[1] as Map<string, Uint8Array>, 'candidate');
  registry.add('wood', bundles[2] as Map<string, Uint8Array>, 'other');
  const outcomes: ShadowOutcome[] = [];
  const answers: string[][] = [];
  const given = {
    resolve: registry.resolve.bind(registry),
    bundle: registry.bundle.bind(registry),
    settings: async (name: string): Promise<DetectorSettings> => ({ name, revision: 1, ...settings }),
  };
  const service = createNodeInference({
    registry: given,
    device: 'cpu',
    lanes: 1,
    threads: 1,
    isolation: 'thread',
    observer: {
      answered: (results) => answers.push(results.map(({ detector }) => detector.version)),
      shadow: ({ outcome }) => outcomes.push(outcome),
    },
    ...rest,
  });
  inference = service;
  const only = (): ShadowComparison => {
    const [pair, ...more] = service.shadowed('wood');
    expect(more).toEqual([]);
    return pair as ShadowComparison;
  };
  return { registry, service, outcomes, answers, only };
}

const shadow = { reference: 'candidate' };

describe('a shadow', () => {
  it('scores what was answered by an alias, and its comparison is that of both versions asked', async () => {
    const { registry, service, outcomes, answers, only } = start({ shadow });
    const asked = images.slice(0, 6);
    const answered = await service.predict(request(asked, ['wood@production']));
    await vi.waitFor(() => expect(outcomes).toHaveLength(6), { timeout: 20_000 });
    const pair = only();
    expect(pair).toMatchObject({
      version: registry.aliases.get('wood@production'),
      shadow: registry.aliases.get('wood@candidate'),
      compared: 6,
      dropped: 0,
      failed: 0,
    });
    // What it says is no answer, and is not counted as one.
    expect(answers).toEqual([asked.map(() => pair.version)]);
    const beside = await service.predict(request(asked, [`wood@${pair.shadow}`]));
    const differences = beside.map(({ score }, i) => score - (answered[i]?.score as number));
    expect(pair.scoreDifference?.mean).toBeCloseTo(differences.reduce((sum, each) => sum + each, 0) / 6, 5);
    expect(pair.scoreDifference?.largest).toBeCloseTo(Math.max(...differences.map(Math.abs)), 5);
    const labels = beside.map(({ label }, i) => [answered[i]?.label, label].join(' '));
    expect(pair.agreed).toBe(labels.filter((each) => each === 'good good' || each === 'bad bad').length);
    expect(pair.onlyShadow).toBe(labels.filter((each) => each === 'good bad').length);
    expect(pair.onlyAnswered).toBe(labels.filter((each) => each === 'bad good').length);
    expect(pair.differing).toHaveLength(6 - pair.agreed);
    // Neither a version that was named, nor the shadow itself, nor a threshold on another scale.
    await service.predict(request(asked, ['wood@candidate']));
    await service.predict(request(asked, ['wood@production'], { options: options({ threshold: 1 }) }));
    expect(outcomes).toHaveLength(6);
  });

  it('scores the share that was decided', async () => {
    const { service, outcomes, only } = start({ shadow: { ...shadow, share: 0.25 } });
    for (const image of images) await service.predict(request([image], ['wood@production']));
    await vi.waitFor(() => expect(outcomes).toHaveLength(3), { timeout: 20_000 });
    expect(only().compared + only().dropped).toBe(3);
  });

  it('drops what it has no room for, and answers go on', async () => {
    const { service, outcomes, only } = start({ shadow }, { capacity: 12 });
    const results = await service.predict(request(images, ['wood@production']));
    expect(results).toHaveLength(12);
    await vi.waitFor(() => expect(outcomes).toHaveLength(12), { timeout: 20_000 });
    const { compared, dropped } = only();
    expect(compared + dropped).toBe(12);
    expect(dropped).toBeGreaterThanOrEqual(3);
    expect(outcomes.filter((each) => each === 'dropped')).toHaveLength(dropped);
  });

  it('takes no memory that a version has which was asked for, and gives its own to any that is', async () => {
    const { bytes } = await start({}).service.load('wood', 'production');
    await inference?.close();

    const tight = start({ shadow }, { memoryBytes: bytes + 1000 });
    const answer = request(images.slice(0, 1), ['wood@production']);
    await tight.service.predict(answer);
    await vi.waitFor(() => expect(tight.outcomes).toEqual(['failed']), { timeout: 20_000 });
    const production = tight.registry.aliases.get('wood@production');
    expect(tight.service.status().detectors.map(({ version }) => version)).toEqual([production]);
    expect(tight.only()).toMatchObject({ compared: 0, failed: 1 });
    await tight.service.close();

    const two = start({ shadow }, { memoryBytes: 2 * bytes + 1000 });
    await two.service.predict(answer);
    await vi.waitFor(() => expect(two.outcomes).toHaveLength(1), { timeout: 20_000 });
    // The shadow was used last, and goes first.
    await two.service.predict(request(images.slice(0, 1), ['wood@other']));
    expect(two.service.status().detectors.map(({ version }) => version)).toEqual([
      production,
      two.registry.aliases.get('wood@other'),
    ]);
  });
});
