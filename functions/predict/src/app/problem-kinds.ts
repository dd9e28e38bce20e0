import type { ProblemCode } from '@cflow/spec';

export interface ProblemKind {
  title: string;
  status: number;
  /** Seconds after which the same request may succeed; said with 429 and 503. */
  retryAfter?: number;
  /**
   * Said instead of the message of an error from below: where that is about the server and its files rather than
   * about the request. Absent: the message is passed on, less any path in it.
   */
  detail?: string;
}

/** What each code is as an answer. */
export const PROBLEM_KINDS: Readonly<Record<ProblemCode, ProblemKind>> = {
  'invalid-request': { title: 'Invalid request', status: 400 },
  unauthorized: { title: 'Unauthorized', status: 401 },
  forbidden: { title: 'Forbidden', status: 403 },
  'not-found': { title: 'Not found', status: 404 },
  'method-not-allowed': { title: 'Method not allowed', status: 405 },
  conflict: { title: 'Conflict', status: 409 },
  'precondition-failed': { title: 'Precondition failed', status: 412 },
  'payload-too-large': { title: 'Payload too large', status: 413 },
  'unsupported-media-type': { title: 'Unsupported media type', status: 415 },
  'range-not-satisfiable': { title: 'Range not satisfiable', status: 416 },
  'url-refused': { title: 'Address refused', status: 422 },
  'idempotency-mismatch': { title: 'Idempotency key reused', status: 422 },

  'rate-limited': { title: 'Too many requests', status: 429, retryAfter: 1 },
  'queue-full': { title: 'Queue full', status: 429, retryAfter: 1 },
  timeout: { title: 'Timeout', status: 504 },
  'not-ready': { title: 'Service not ready', status: 503, retryAfter: 1 },
  unavailable: { title: 'Service unavailable', status: 503, retryAfter: 2 },
  internal: {
    title: 'Internal error',
    status: 500,
    detail: 'an error that should not have happened; the log has it under the request id',
  },

  configuration: { title: 'Invalid configuration', status: 400 },
  'data-set': { title: 'Unusable data set', status: 422 },
  image: { title: 'Unusable image', status: 422 },
  device: { title: 'No device available', status: 503, retryAfter: 5 },
  weights: {
    title: 'Damaged weights',
    status: 500,
    detail: 'weights of the detector are missing or damaged; the log has the file under the request id',
  },
  bundle: {
    // Not the request's fault, and not the service's: nobody but who publishes the detector can help.
    title: 'Damaged detector',
    status: 503,
    retryAfter: 30,
    detail:
      "the detector's files are missing, damaged or refused; publish the version again. The log has more",
  },
  training: {
    title: 'Training failed',
    status: 500,
    detail: 'the training cannot go on; the log has the reason under the request id',
  },
  store: {
    title: 'Storage failure',
    status: 500,
    detail: 'a file could not be read or written; the log has the reason under the request id',
  },
  'storage-full': {
    title: 'Storage full',
    status: 503,
    retryAfter: 30,
    detail: 'there is no space left to store this; try again when the operator has made some',
  },
  permission: {
    title: 'Storage access denied',
    status: 500,
    detail: 'the service may not read or write there; the log has the place under the request id',
  },
  interrupted: {
    title: 'Interrupted',
    status: 503,
    retryAfter: 2,
    detail: 'the work was interrupted before it was done; try again',
  },
};
