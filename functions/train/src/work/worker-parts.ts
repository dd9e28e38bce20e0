import type { Jobs } from '@cflow/jobs';
import type { DeviceChoice, Logger } from '@cflow/spec';
import type { ObjectStore, Registry } from '@cflow/store';
import type { Post } from '../after/send-webhook.js';
import type { DataSetLimits } from '../data-set/data-set-limits.js';
import type { FetchUrl } from '../data-set/fetch-archive.js';
import type { TrainingTask } from '../training-process/messages.js';

/** All that a worker is made of. */
export interface TrainWorkerParts {
  jobs: Jobs;
  registry: Registry;
  /** Holds uploaded data sets, and the checkpoints of jobs. */
  objects: ObjectStore;
  /** Undefined: data sets at addresses are refused. */
  fetchUrl?: FetchUrl | undefined;
  /** A folder of this machine, with room for data sets and features. */
  workFolder: string;
  device: DeviceChoice;
  /** CPU threads of one job. A run continues from a checkpoint only with as many as it was begun with. */
  threads: number;
  /** Jobs at a time. */
  concurrency: number;
  logger: Logger;
  /** `whsec_...`, which signs webhooks. Undefined: none are sent. */
  webhookSecret?: string | undefined;
  /** Sends a webhook to where a stranger wants it, so it must not reach private addresses. Undefined: none are sent. */
  post?: Post | undefined;
  limits?: Partial<DataSetLimits> | undefined;
  /** Milliseconds between two uploads of checkpoints. Default 30 000. */
  checkpointPauseMs?: number | undefined;
  /** Milliseconds that a training process has to save what it has before it is killed. Default 4000. */
  graceMs?: number | undefined;
  /** Milliseconds between two looks for jobs that ended without anybody's care. Default 60 000. */
  sweepMs?: number | undefined;
  /** Bytes of features that are kept on disk. Default 8 GiB. */
  featureBytes?: number | undefined;
  /** Bounds of the images of data sets. */
  imageLimits?: TrainingTask['limits'];
  /** Told the id of each training process. */
  onTrainingProcess?: ((pid: number) => void) | undefined;
}
