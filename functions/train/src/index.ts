export type { Logger } from '@cflow/spec';
export {
  type Post,
  type SendWebhookOptions,
  sendWebhook,
  type WebhookDelivery,
} from './after/send-webhook.js';
export { type DataSetLimits, DEFAULT_DATA_SET_LIMITS } from './data-set/data-set-limits.js';
export type { FetchUrl } from './data-set/fetch-archive.js';
export { unpackZip } from './data-set/unpack-zip.js';
export { type InspectArchiveOptions, inspectArchive } from './inspection/inspect-archive.js';
export type { TrainingTask } from './training-process/messages.js';
export { type TaskSettings, taskSettings } from './training-process/task-settings.js';
export { runTrainVerb } from './verb/run-train-verb.js';
export { configurationTexts, settingTexts } from './verb/settings-from-texts.js';
export { startTrainWorker, type TrainWorker } from './work/start-train-worker.js';
export type { TrainWorkerParts } from './work/worker-parts.js';
