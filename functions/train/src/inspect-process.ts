// What is understood of an archive, found out in a process of its own: a stranger's images are decoded there. It ends with
// its parent.
import { mkdir } from 'node:fs/promises';
import { examineDataSet, openDataSet } from '@cflow/images/node';
import { DEFAULT_DATA_SET_LIMITS } from './data-set/data-set-limits.js';
import { unpackZip } from './data-set/unpack-zip.js';
import type { InspectionMessage, InspectionTask } from './inspection/messages.js';
import { errorMessage } from './training-process/error-message.js';
import { shortReport } from './work/short-report.js';

const never = new AbortController().signal;

process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', async (task) => {
  try {
    await send({ type: 'report', report: await inspect(task as InspectionTask) });
  } catch (error) {
    await send({ type: 'error', error: errorMessage(error) });
  }
  process.exit(0);
});
await send({ type: 'ready' });

async function inspect({ archive, folder }: InspectionTask) {
  await mkdir(folder, { recursive: true });
  await unpackZip(archive, folder, DEFAULT_DATA_SET_LIMITS, never);
  const { report } = await examineDataSet(await openDataSet(folder, { within: folder }));
  // Names in it may be as long as a stranger likes.
  return shortReport(report);
}

function send(message: InspectionMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
