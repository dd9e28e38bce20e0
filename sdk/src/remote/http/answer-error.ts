import type { Problem } from '../types/service.js';
import {
  type ApiError,
  type ApiErrorFields,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  ProtocolError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnprocessableError,
  UnsupportedImageError,
} from './errors.js';
import { retryAfterSeconds } from './retry-after.js';

type ErrorClass = new (message: string, fields: ApiErrorFields) => ApiError;

// The class, and what to do where the answer does not say: then it is not the service's own.
const KINDS: Readonly<Record<number, readonly [ErrorClass, string?]>> = {
  401: [AuthenticationError, 'give an apiKey that the service knows'],
  403: [PermissionError, 'ask for an API key with this scope'],
  404: [NotFoundError, 'check baseUrl and the name'],
  408: [TimeoutError],
  409: [ConflictError],
  413: [PayloadTooLargeError, 'send less'],
  415: [UnsupportedImageError, 'send a PNG or JPEG file'],
  422: [UnprocessableError],
  429: [RateLimitError],
  504: [TimeoutError],
};

/** Makes the error of an answer whose status is not from 200 to 299. `text` is its body. */
export function answerError(response: Response, text: string, what: string): ApiError {
  const { status, headers, type } = response;
  if (type === 'opaqueredirect' || status < 400) {
    // Not followed, so that a key goes nowhere else.
    const to = headers.get('location')?.split(/[?#]/, 1)[0] ?? 'elsewhere';
    return new ProtocolError(
      `found a redirect to ${to}, which is not followed; give the final address as baseUrl (${what})`,
      response,
    );
  }
  const problem = problemOf(text);
  const [Kind, advice = 'try again later'] = KINDS[status] ?? [status < 500 ? BadRequestError : ServerError];
  const { code = `http-${status}`, detail = advice, errors, attempts } = problem;
  const requestId = headers.get('x-request-id') ?? problem.requestId;
  const fields: ApiErrorFields = {
    code,
    status,
    requestId,
    retryAfter: retryAfterSeconds(headers.get('retry-after')),
    errors: Array.isArray(errors) ? errors : undefined,
    attempts: Array.isArray(attempts) ? attempts : undefined,
    // What a service does not have (501) it will not have in a second.
    retryable: status === 408 || status === 429 || (status >= 500 && status !== 501),
  };
  const message = `${detail} (${what}: ${status} ${code}${requestId ? `, request ${requestId}` : ''})`;
  return new (code === 'image' && status === 422 ? UnsupportedImageError : Kind)(message, fields);
}

function problemOf(text: string): Partial<Problem> {
  try {
    return (JSON.parse(text) as Problem | null) ?? {};
  } catch {
    // A page of a proxy, most often: the status says what there is to say.
    return {};
  }
}
