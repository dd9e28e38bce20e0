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
export { UrlError } from './url-error.js';
