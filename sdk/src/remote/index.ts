export type { Bytes } from './bytes/blob-of.js';
export type { NamedFiles } from './bytes/named-blobs.js';
export { CflowClient, type FeedbackInput, type SeveralDetectors } from './client.js';
export type { ApiPromise, WithResponse } from './http/api-promise.js';
export * from './http/errors.js';
export type { ListOptions, Page, Paged } from './http/paged.js';
export type { CallOptions, Fetch } from './http/transport.js';
export type { CflowClientOptions } from './http/transport-of.js';
export type { DataSets } from './jobs/data-sets.js';
export type { JobEventsOptions } from './jobs/job-events.js';
export {
  type CreateJobOptions,
  type DataSetInput,
  JobError,
  type JobInput,
  type Jobs,
  type WaitOptions,
} from './jobs/jobs.js';
export type { ImageAddress, RemoteImage } from './predict/image-file.js';
export type { RemotePredictOptions } from './predict/predict.js';
export { type BatchOptions, type Images, MAX_IMAGES_PER_REQUEST } from './predict/predict-all.js';
export type { RemoteDetector } from './predict/remote-detector.js';
export type {
  Detectors,
  MoveAliasOptions,
  PublishOptions,
  SettingsInput,
  VersionOptions,
} from './registry/detectors.js';
export type * from './types/bundle-manifest.js';
export type * from './types/data-set-report.js';
export type * from './types/job.js';
export type * from './types/job-event.js';
export type * from './types/metrics.js';
export type * from './types/registry.js';
export type * from './types/service.js';
export {
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookRequest,
  WebhookVerificationError,
} from './verify-webhook.js';
