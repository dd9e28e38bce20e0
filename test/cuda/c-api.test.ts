// A way past the binding, tried: what it takes and gives is the binding's to the bit on the CPU; on a stand-in for a card it does
// what the binding cannot.
import { imageBatch, verifyBundle } from '@cflow/detector';
import { makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import { NEXT } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { createNodeRuntime, onnxRuntimeVersion } from '@cflow/runtime/node';
import { afterAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../packages/cli/src/commands/export/export-model.js';
import { type ElementType, OrtCApi } from './c-api.js';
import { cudaLibraries, whyNoCuda } from './cuda-libraries.js';
import { smallTraining, smallTrainingFeeds } from './small-training.js';
import { StandInCard } from './stand-in/card.js';
import type { Counters } from './stand-in/counters.js';

const runtime = createNodeRuntime({ device: 'cpu', threads: 1, worker: false });
const card: { made?: StandInCard } = {};
afterAll(async () => {
  await runtime.dispose();
  await card.made?.dispose();
});
const ofLinux = describe.runIf(process.platform === 'linux' && process.arch === 'x64');

ofLinux("the C API of npm's own library", () => {
  const api = new OrtCApi();
  const bound = ({ type, dims, data }: Tensor): bigint =>
    api.tensor(type as ElementType, dims, data as Float32Array);

  it('is that of the binding', () => expect(api.version).toBe(onnxRuntimeVersion()));

  it('scores with bound buffers as the binding does, to the bit', async () => {
    const bundle = await verifyBundle(memoryBundle(await makeBundle()));
    const model = exportModel(bundle);
    const image = imageBatch(testImages(3), bundle.manifest.configuration.inputSize);
    const expected = await (await runtime.createSession({ model })).run({ image });
    const session = api.openSession(model);
    const binding = api.bind(session);
    const found = Object.entries(expected).map(([name, { dims, data }]) => {
      const own = new Float32Array(Math.max(16, data.length));
      binding.output(name, api.tensor('float32', dims, own.subarray(0, data.length)));
      return [name, own] as const;
    });
    binding.input('image', bound(image));
    // The second into the same buffers.
    for (let run = 0; run < 2; run++) {
      for (const [, data] of found) data.fill(0);
      binding.run();
      for (const [name, data] of found)
        expect(data.subarray(0, expected[name]?.data.length)).toEqual(expected[name]?.data);
    }
    binding.release();
    api.releaseSession(session);
  });

  it('trains on from the state where it lies, as the binding does that hands it over', async () => {
    const model = smallTraining({ stateInRows: false });
    const session = await runtime.createSession({ model });
    const feeds = smallTrainingFeeds(session.inputs, 4);
    const first = await session.run(feeds);
    const handedOver = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [name, first[NEXT + name] ?? tensor]),
    );
    const expected = await session.run(handedOver);

    const own = api.openSession(model);
    const outputs = session.outputs.map(({ name }) => name);
    const call = (values: ReadonlyMap<string, bigint>): Map<string, bigint> => {
      const binding = api.bind(own);
      for (const [name, tensor] of Object.entries(feeds))
        binding.input(name, values.get(NEXT + name) ?? bound(tensor));
      for (const name of outputs) binding.outputOn(name, api.memory('Cpu'));
      binding.run();
      const found = binding.outputs();
      binding.release();
      return new Map(outputs.map((name, i) => [name, found[i] as bigint]));
    };
    const found = call(call(new Map()));
    for (const name of outputs) {
      const { data } = expected[name] as Tensor;
      expect(api.floats(found.get(name) as bigint, data.length), name).toEqual(data);
    }
    api.releaseSession(own);
  });

  it('tells in words what is wrong', () => {
    expect(() => api.openSession(Uint8Array.of(1, 2, 3))).toThrow(/^CreateSessionFromArray: .*protobuf/i);
  });
});

ofLinux('the C API on a card that computes nothing', () => {
  it('takes options of the provider, and leaves the state of a Loop on the card between calls', async ({
    skip,
  }) => {
    const why = await whyNoCuda();
    if (why !== undefined) skip(why);
    card.made = await StandInCard.make((await cudaLibraries()).folder);
    const script = await card.made.tree.addScript('cuda/c-api-on-card.ts');
    const { stdout, stderr } = await card.made.run(script, ['COUNTS']);
    expect(stdout, stderr).toMatch(/^{/);
    const { arrived, refusal, state, staying, fed } = JSON.parse(stdout) as {
      arrived: Record<string, string>;
      refusal: string;
      state: number;
      staying: Counters;
      fed: Counters;
    };
    expect(arrived).toEqual({
      use_tf32: '0',
      cudnn_conv_algo_search: 'HEURISTIC',
      gpu_mem_limit: '300000000',
      arena_extend_strategy: 'kSameAsRequested',
    });
    // One of them in what it does.
    expect(refusal).toMatch(/smaller than requested bytes|[Ff]ailed to allocate/);
    expect(state).toBeGreaterThan(50);
    // What four steps need, and their losses; the state is handed over, and not copied.
    expect(staying.launches).toBe(fed.launches);
    expect(staying.toHostBytes).toBeLessThan(100);
    expect(fed.toDeviceBytes - staying.toDeviceBytes).toBeGreaterThan(100_000);
  }, 300_000);
});
