import { availableParallelism } from 'node:os';
import { megapixelLimits } from '@cflow/images';
import type { StartWorker } from '@cflow/predict/node';

/** Data sets are large. */
const FETCH_TIMEOUT_MS = 6 * 3_600_000;

/** A training worker in the service's own process; each job still trains in a process of its own. */
export const trainHere: StartWorker = async ({ environment, urls, ...parts }) => {
  // Not before there is a job: most services never see one, and it would slow down a cold start.
  const [{ createGuardedFetch }, { startTrainWorker }] = await Promise.all([
    import('@cflow/guarded-fetch'),
    import('@cflow/train-worker'),
  ]);
  const webhooks = createGuardedFetch({
    allow: environment.CFLOW_WEBHOOK_HOSTS ?? ['*'],
    allowPrivate: environment.CFLOW_PRIVATE_NETWORKS ?? [],
  });
  return startTrainWorker({
    ...parts,
    device: environment.CFLOW_DEVICE ?? 'auto',
    threads: environment.CFLOW_THREADS ?? availableParallelism(),
    concurrency: 1,
    imageLimits: megapixelLimits(environment.CFLOW_MAX_MEGAPIXELS),
    fetchUrl:
      urls &&
      (async (url, options) =>
        (await urls.fetchToStream(url, { ...options, timeoutMs: FETCH_TIMEOUT_MS })).body),
    post: (url, options) => webhooks.post(url, options),
    webhookSecret: environment.CFLOW_WEBHOOK_SECRET,
  });
};
