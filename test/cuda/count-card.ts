// Runs what the product runs on a stand-in for a card, and prints as JSON what was asked of the card meanwhile.
// Argument: the file of its counters.
import { imageBatch, openBackbone, openHead, verifyBundle } from '@cflow/detector';
import { openOneGraph } from '@cflow/detector/one-graph';
import { makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import type { Tensor } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import { smallTraining, smallTrainingFeeds } from './small-training.js';
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

async function training(stateInRows: boolean): Promise<Record<string, Counters>> {
  const session = await runtime.createSession({ model: smallTraining({ stateInRows }) });
  const feeds = (steps: number): Record<string, Tensor> => smallTrainingFeeds(session.inputs, steps);
  const [few, many] = [
    await counted(() => session.run(feeds(1))),
    await counted(() => session.run(feeds(9))),
  ];
  await session.dispose();
  const how = stateInRows ? 'training' : 'training, its state apart';
  return { [`${how}, a call of 1 step`]: few, [`${how}, 8 steps more`]: countersBetween(few, many) };
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

const counts = { ...(await training(true)), ...(await training(false)), ...(await scoring()) };
process.stdout.write(`${JSON.stringify(counts)}\n`);
await runtime.dispose();
