// The ways in which the product comes to a card: a device that is tried, and a service that opens a detector in the
// process of a lane. Arguments: which, and a folder for it. Prints what it says of a card that computes nothing.
import { join } from 'node:path';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle } from '@cflow/detector/testing';
import { readServiceEnvironment, startService } from '@cflow/predict/node';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices, probeInChildProcess } from '@cflow/runtime/node';

const [, , entry, folder] = process.argv as [string, string, string, string];

async function probe(): Promise<string | undefined> {
  const cuda = (await nodeDevices()).find(({ device }) => device === 'cuda') as DeviceCandidate;
  return (await probeInChildProcess(cuda)).reason;
}

async function service(): Promise<string> {
  await writeFolderBundle(join(folder, 'wood'), await makeBundle({ name: 'wood' }));
  const environment = readServiceEnvironment({
    PORT: '0',
    CFLOW_STORE: join(folder, 'store'),
    CFLOW_BUNDLES: join(folder, 'wood'),
    CFLOW_DEVICE: 'cuda',
    CFLOW_TRAIN: 'off',
    CFLOW_LOG_LEVEL: 'silent',
  });
  const started = await startService({ environment, version: '0.0.0' });
  const words = await started.ready.then(
    () => 'ready',
    (error: Error) => error.message,
  );
  await started.close();
  return words;
}

process.stdout.write(`${await (entry === 'probe' ? probe() : service())}\n`);
