export {
  type Post,
  type SendWebhookOptions,
  sendWebhook,
  type WebhookDelivery,
} from './after/send-webhook.js';
export { type DataSetLimits, DEFAULT_DATA_SET_LIMITS } from './data-set/data-set-limits.js';
export type { FetchUrl } from './data-set/fetch-archive.js';
export { unpackZip } from './data-set/unpack-zip.js';
export type { Logger } from './logger.js';
export { runTrainVerb } from './verb/run-train-verb.js';
export { startTrainWorker, type TrainWorker } from './work/start-train-worker.js';
export type { TrainWorkerParts } from './work/worker-parts.js';
