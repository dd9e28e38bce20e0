import { CflowError } from '../../errors.js';
import type { Problem } from '../types/service.js';

/** What is known of a call that failed. */
export interface ApiErrorFields {
  code: string;
  /** Of the answer; undefined where there was none. */
  status?: number | undefined;
  /** The service's id of the request, for finding it in the log. */
  requestId?: string | undefined;
  /** Seconds after which the service wants to be asked again. */
  retryAfter?: number | undefined;
  /** Each thing that is wrong with the request. */
  errors?: Problem['errors'];
  /** Devices that were tried and why each was refused. */
  attempts?: Problem['attempts'];
  retryable?: boolean;
  cause?: unknown;
}

/** A call to the service that failed: the base of an error class for each cause. */
export class ApiError extends CflowError {
  declare readonly status: number | undefined;
  declare readonly requestId: string | undefined;
  declare readonly retryAfter: number | undefined;
  declare readonly errors: NonNullable<Problem['errors']>;
  declare readonly attempts: NonNullable<Problem['attempts']>;

  constructor(message: string, fields: ApiErrorFields) {
    super(fields.code, message, fields);
    const { status, requestId, retryAfter, errors = [], attempts = [] } = fields;
    Object.assign(this, { name: 'ApiError', status, requestId, retryAfter, errors, attempts });
  }
}

/** The request is not valid (400); `errors` names each thing that is wrong. */
export class BadRequestError extends ApiError {
  override readonly name: string = 'BadRequestError';
}

/** No API key, or one that the service does not know (401). */
export class AuthenticationError extends ApiError {
  override readonly name: string = 'AuthenticationError';
}

/** The key is not good for this (403). */
export class PermissionError extends ApiError {
  override readonly name: string = 'PermissionError';
}

/** There is no such detector, version, job or file (404). */
export class NotFoundError extends ApiError {
  override readonly name: string = 'NotFoundError';
}

/** Conflict (409): an alias was moved by another, a job has ended. */
export class ConflictError extends ApiError {
  override readonly name: string = 'ConflictError';
}

/** More bytes than the service takes (413). */
export class PayloadTooLargeError extends ApiError {
  override readonly name: string = 'PayloadTooLargeError';
}

/** What was sent is not an image that the service reads (415, 422). */
export class UnsupportedImageError extends ApiError {
  override readonly name: string = 'UnsupportedImageError';
}

/** Understood, but it cannot be done (422): an address that is not fetched, a data set without images, a device. */
export class UnprocessableError extends ApiError {
  override readonly name: string = 'UnprocessableError';
}

/** Too many requests (429); `retryAfter` says when to come again. */
export class RateLimitError extends ApiError {
  override readonly name: string = 'RateLimitError';
}

/** No answer in time: here (no `status`), or within the service (408, 504). */
export class TimeoutError extends ApiError {
  override readonly name: string = 'TimeoutError';
}

/** No connection, or one that broke; in browsers also a refusal by CORS, which looks the same. */
export class ConnectionError extends ApiError {
  override readonly name: string = 'ConnectionError';
}

/** The service failed (5xx). */
export class ServerError extends ApiError {
  override readonly name: string = 'ServerError';
}

/** The answer is not one of this service: a web page, a redirect, something cut off or of another shape. */
export class ProtocolError extends ApiError {
  override readonly name: string = 'ProtocolError';

  constructor(message: string, { status, headers }: Partial<Response> = {}, retryable = false) {
    const requestId = headers?.get('x-request-id') ?? undefined;
    super(message, { code: 'protocol', status: status || undefined, requestId, retryable });
  }
}
