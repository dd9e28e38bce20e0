export type { Lookup } from './guarded-connector.js';
export {
  createGuardedFetch,
  type FetchedStream,
  type FetchOptions,
  type GuardedFetch,
  type GuardedFetchOptions,
  type PostOptions,
} from './guarded-fetch.js';
export { isPublicAddress } from './networks.js';
export { type Post, type PostWebhookOptions, postWebhook } from './post-webhook.js';
export { UrlError } from './url-error.js';
