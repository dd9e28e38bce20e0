// Runs what the product runs on a stand-in for a card, and prints as JSON what was asked of the card meanwhile.
// Argument: the file of its counters.
import { imageBatch, openBackbone, openHead, verifyBundle } from '@cflow/detector';
import { openOneGraph } from '@cflow/detector/one-graph';
import { makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import { type DecoderShape, initialParameters, trainingGraph } from '@cflow/model';
import { elementCount, float32, int64, type Tensor, writeModel } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import { type Counters, countersBetween, readCounters } from './stand-in/counters.js';

const [, , file] = process.argv as [string, string, string];
const runtime = createNodeRuntime({ device: 'cuda' });

/** What one run asks for, once the engine has what it keeps. */
async function counted(run: () => Promise<unknown>): Promise<Counters> {
  await run();
  await run();
  const before = readCounters(file);
  await run();
  return countersBetween(before, readCounters(file));
}

async function training(): Promise<Record<string, Counters>> {
  const shape: DecoderShape = {
    kind: 'freia-cflow',
    channels: 32,
    conditionVector: 32,
    couplingBlocks: 4,
    clampAlpha: 1.9,
    permuteSoft: false,
  };
  const [fibers, area] = [64, { height: 8, width: 8 }];
  const model = writeModel(trainingGraph(shape, { ...area, fiberBatchSize: fibers }));
  const session = await runtime.createSession({ model });
  const parameters = new Map<string, Tensor>(initialParameters(shape, 0, 'layer'));
  const feeds = (steps: number): Record<string, Tensor> => {
    const given: Record<string, Tensor> = {};
    for (const { name, type, dims } of session.inputs) {
      const sizes = dims.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : undefined));
      const known = parameters.get(name);
      if (known) given[name] = known;
      else if (name === 'steps') given[name] = int64([], [steps]);
      else if (name === 'features')
        given[name] = float32([fibers, shape.channels], new Float32Array(fibers * shape.channels));
      else {
        const own = sizes.map((size, i) => size ?? (i === 0 ? steps : 1));
        const count = elementCount(own);
        given[name] =
          type === 'int32'
            ? { type, dims: own, data: new Int32Array(count) }
            : float32(own, new Float32Array(count).fill(1e-3));
      }
    }
    return given;
  };
  const [few, many] = [
    await counted(() => session.run(feeds(1))),
    await counted(() => session.run(feeds(9))),
  ];
  return { 'training, a call of 1 step': few, 'training, 8 steps more': countersBetween(few, many) };
}

async function scoring(): Promise<Record<string, Counters>> {
  // Of the size and the layers of detectors in use.
  const bundle = await verifyBundle(memoryBundle(await makeBundle({ backbone: 'mobilenet_v2' })));
  const { inputSize } = bundle.manifest.configuration;
  const image = imageBatch(testImages(1), inputSize);
  const [backbone, head] = [await openBackbone(runtime, bundle), await openHead(runtime, bundle)];
  const apart = await counted(async () =>
    head.run(await backbone.run({ image }), { fetches: ['score', 'anomaly_map'] }),
  );
  // As libraries and services open it on a card.
  const whole = await openOneGraph(runtime, bundle);
  return {
    'scoring, two graphs': apart,
    'scoring, one graph': await counted(() => whole.run({ image }, { fetches: ['score', 'anomaly_map'] })),
  };
}

const counts = { ...(await training()), ...(await scoring()) };
process.stdout.write(`${JSON.stringify(counts)}\n`);
await runtime.dispose();
