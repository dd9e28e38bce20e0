import type { InspectDataSet } from '@cflow/predict/node';

/** What `cflow inspect` would say of an uploaded archive. */
export const inspectDataSet: InspectDataSet = async (path, parts) => {
  // Not before somebody asks: a cold start would pay for it.
  const { inspectArchive } = await import('@cflow/train-worker');
  return inspectArchive(path, parts);
};
