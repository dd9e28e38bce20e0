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
  'invalid-request': { title: 'The request is not valid', status: 400 },
  unauthorized: { title: 'An API key is needed', status: 401 },
  forbidden: { title: 'This is not allowed', status: 403 },
  'not-found': { title: 'There is no such thing', status: 404 },
  'method-not-allowed': { title: 'The method is not offered here', status: 405 },
  conflict: { title: 'The state of things does not allow it', status: 409 },
  'precondition-failed': { title: 'A condition of the request does not hold', status: 412 },
  'payload-too-large': { title: 'The body is too large', status: 413 },
  'unsupported-media-type': { title: 'The body is of a type that is not read here', status: 415 },
  'range-not-satisfiable': { title: 'The range lies outside the file', status: 416 },
  'url-refused': { title: 'The address is not fetched', status: 422 },
  'idempotency-mismatch': { title: 'The idempotency key belongs to another request', status: 422 },

  'rate-limited': { title: 'Too many requests', status: 429, retryAfter: 1 },
  'queue-full': { title: 'The queue is full', status: 429, retryAfter: 1 },
  timeout: { title: 'It took too long', status: 504 },
  'not-ready': { title: 'The service is not ready', status: 503, retryAfter: 1 },
  unavailable: { title: 'A part of the service is away', status: 503, retryAfter: 2 },
  internal: {
    title: 'Something is wrong with the service',
    status: 500,
    detail: 'an error that should not have happened; the log has it under the request id',
  },

  configuration: { title: 'An option cannot work', status: 400 },
  'data-set': { title: 'The data set cannot be used', status: 422 },
  image: { title: 'The image cannot be used', status: 422 },
  device: { title: 'No device can do this', status: 503, retryAfter: 5 },
  weights: {
    title: 'Weights are damaged',
    status: 500,
    detail: 'weights of the detector are missing or damaged; the log has the file under the request id',
  },
  bundle: {
    // Not the request's fault, and not the service's: nobody but who publishes the detector can help.
    title: 'The detector is damaged',
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
    title: 'The storage failed',
    status: 500,
    detail: 'a file could not be read or written; the log has the reason under the request id',
  },
  'storage-full': {
    title: 'The storage is full',
    status: 503,
    retryAfter: 30,
    detail: 'there is no space left to store this; try again when the operator has made some',
  },
  permission: {
    title: 'The storage refuses the service',
    status: 500,
    detail: 'the service may not read or write there; the log has the place under the request id',
  },
  interrupted: {
    title: 'The work was interrupted',
    status: 503,
    retryAfter: 2,
    detail: 'the work was interrupted before it was done; try again',
  },
};
