import { expect } from 'vitest';
import { createGuardedFetch, type GuardedFetch, type GuardedFetchOptions } from '../guarded-fetch.js';
import type { UrlError } from '../url-error.js';

/** One that may fetch from servers on this machine. */
export const localFetch = (options: Partial<GuardedFetchOptions> = {}): GuardedFetch =>
  createGuardedFetch({ allow: ['*'], allowPrivate: ['127.0.0.1'], ...options });

/** What a promise rejects with, which it has to. */
export const errorOf = (promise: Promise<unknown>): Promise<UrlError> =>
  promise.then(
    () => expect.fail('expected an error'),
    (error) => error,
  );
