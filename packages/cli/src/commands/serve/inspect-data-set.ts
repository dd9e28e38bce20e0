import type { InspectDataSet } from '@cflow/predict/node';

/** What `cflow inspect` would say about an uploaded archive. */
export const inspectDataSet: InspectDataSet = async (path, parts) => {
  // Not before somebody asks: it would slow down a cold start.
  const { inspectArchive } = await import('@cflow/train-worker');
  return inspectArchive(path, parts);
};
