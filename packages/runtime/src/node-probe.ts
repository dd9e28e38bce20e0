// The child of probeInChildProcess: tries one device, tells its parent, ends.
import { nodeDevices } from './node/node-devices.js';
import { testDevice } from './test-device.js';

const [, , device] = process.argv;
// In this process's own thread: a worker would only add to what can go wrong.
const candidate = (await nodeDevices({ worker: false })).find((entry) => entry.device === device);
if (!candidate) throw new Error(`no such device: ${device}`);
const report = await testDevice(candidate);
process.send?.(report, () => process.disconnect());
