// A service whose device fails as the first argument says, once a prediction of it has succeeded; the others are the
// folder of its store, the seconds to drain, and milliseconds without a lane until it is dead and until it ends. It serves
// two detectors, `good` and `bad`.
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle } from '@cflow/detector/testing';
import { readServiceEnvironment, serveUntilTold, startService } from '@cflow/predict/node';
import { failingDevice } from '../../packages/inference/src/testing/failing-device.js';
import { count, slowModel } from '../../packages/runtime/src/conformance/models.js';

const [, , how = '', folder = '', drainSeconds = '', deadMs = '', endMs = ''] = process.argv;
const SIZE = 64;
const LOST =
  'CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=h ; file=f.cc ; line=1 ; expr=e';

const bundles = {
  good: await makeBundle({ name: 'good', seed: 0 }),
  bad: await makeBundle({ name: 'bad', seed: 1 }),
};
for (const [name, bundle] of Object.entries(bundles)) {
  await writeFolderBundle(`${folder}/${name}.cflow`, bundle);
}
// In native code, as a driver hangs: nothing that JavaScript can do ends it.
const device = failingDevice(bundles, async (place) => {
  const session = await place.createSession({ model: slowModel(SIZE) });
  const x = { type: 'float32' as const, dims: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE) };
  await session.run({ x, count: count(2 ** 31 - 1) });
});
const service = await startService({
  environment: readServiceEnvironment({
    PORT: '0',
    CFLOW_STORE: `${folder}/store`,
    CFLOW_BUNDLES: `${folder}/good.cflow,${folder}/bad.cflow`,
    CFLOW_TRAIN: how === 'lost' ? 'elsewhere' : 'off',
    CFLOW_LANES: '1',
    CFLOW_DRAIN_SECONDS: drainSeconds,
    CFLOW_RUN_TIMEOUT_SECONDS: '2',
    CFLOW_LOAD_TIMEOUT_SECONDS: '3',
  }),
  version: '0.0.0',
  devices: device.devices,
  stalled: { deadMs: Number(deadMs), endMs: Number(endMs) },
});
const served = serveUntilTold(service);
await service.ready;
device.outcome = ({ kind, of }) => {
  if (how === 'lost') return kind === 'run' ? new Error(LOST) : undefined;
  if (how === 'hang') return of === 'bad' ? 'hang' : undefined;
  return kind === 'run' || device.runtimes > 1 ? 'hang' : undefined;
};
process.stdout.write(`${service.url}\n`);
await served;
