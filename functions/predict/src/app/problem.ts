// Every error as RFC 9457 has it. What is said of an error from below is decided by its code, since the messages of
// libraries may name files of the server, which are nobody's business.
import { CflowError, DeviceError, PROBLEM_CODES, type Problem, type ProblemCode } from '@cflow/spec';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { AppEnvironment } from './environment.js';
import { faultsOf } from './faults.js';
import { fittedProblem } from './fitted-problem.js';
import { PROBLEM_KINDS } from './problem-kinds.js';
import { withoutPaths } from './without-paths.js';

export interface ProblemOptions {
  /** Default: that of the code. */
  status?: number | undefined;
  /** Beside Retry-After, which 429 and 503 have of their code; undefined takes a header away. */
  headers?: Readonly<Record<string, string | undefined>> | undefined;
  errors?: Problem['errors'];
  attempts?: Problem['attempts'];
  cause?: unknown;
}

/** Statuses that say when to come again. */
const AGAIN: ReadonlySet<number> = new Set([429, 503]);

/** An error whose message is for the one who made the request. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: Problem['errors'];
  readonly attempts: Problem['attempts'];

  /** @param detail What was expected, what came, and what to do */
  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.status = options.status ?? PROBLEM_KINDS[code].status;
    // Of another status than the code's own, waiting is no help: a device that is asked for by name does not come.
    const retryAfter = AGAIN.has(this.status) ? PROBLEM_KINDS[code].retryAfter : undefined;
    const headers = { ...(retryAfter && { 'retry-after': String(retryAfter) }), ...options.headers };
    this.headers = Object.fromEntries(
      Object.entries(headers).filter((each): each is [string, string] => each[1] !== undefined),
    );
    this.errors = options.errors;
    this.attempts = options.attempts;
  }
}

/** The answer to a request that failed: `problem(c, error)` for whatever was thrown. */
export function problem(c: Context<AppEnvironment>, error: unknown): Response {
  const found = problemErrorOf(error);
  const { code, status, headers, errors, attempts } = found;
  const body = fittedProblem({
    type: `urn:cflow:problem:${code}`,
    title: PROBLEM_KINDS[code].title,
    status,
    detail: found.message,
    code,
    requestId: c.get('requestId'),
    ...(errors && { errors }),
    ...(attempts && { attempts }),
  });
  const form = c.get('errorForm')?.(body) ?? { contentType: 'application/problem+json', body };
  return c.newResponse(JSON.stringify(form.body), status as ContentfulStatusCode, {
    ...headers,
    'content-type': form.contentType,
    'cache-control': 'no-store',
  });
}

/** What a caller sees of an error: of those that are not meant for the caller, no more than the kind. */
export function problemErrorOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof z.ZodError) return invalid(error);
  if (error instanceof HTTPException) return ofHttpException(error);
  const code = codeOf(error);
  if (code === undefined) {
    return new ProblemError('internal', PROBLEM_KINDS.internal.detail as string, { cause: error });
  }
  const kind = PROBLEM_KINDS[code];
  const { retryable, details } = error as Partial<CflowError>;
  const wait = details?.retryAfterSeconds;
  const attempts = error instanceof DeviceError || Array.isArray((error as DeviceError).attempts);
  return new ProblemError(code, kind.detail ?? withoutPaths(firstLineOf(error as Error)), {
    cause: error,
    ...(retryable && kind.status === 500 && { status: 503, headers: { 'retry-after': '5' } }),
    ...(typeof wait === 'number' && { headers: { 'retry-after': String(Math.max(Math.ceil(wait), 1)) } }),
    ...(attempts && {
      attempts: (error as DeviceError).attempts.map(({ device, reason }) => ({
        device,
        reason: withoutPaths(reason),
      })),
    }),
  });
}

/** What zod found wrong with a request; `within` names the part of the request that it looked at. */
export function invalid(error: z.ZodError, within = ''): ProblemError {
  const errors = faultsOf(error, within);
  const [first] = errors;
  const rest = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more, see "errors")` : '';
  return new ProblemError(
    'invalid-request',
    `${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'the request is not valid'}${rest}`,
    { errors, cause: error },
  );
}

function codeOf(error: unknown): ProblemCode | undefined {
  if (!(error instanceof Error) && !CflowError.isInstance(error)) return undefined;
  const { code } = error as { code?: unknown };
  return PROBLEM_CODES.find((known) => known === code);
}

// Hono's own errors: a body that is not JSON, a form that is not a form.
function ofHttpException(error: HTTPException): ProblemError {
  if (error.status >= 500)
    return new ProblemError('internal', PROBLEM_KINDS.internal.detail as string, { cause: error });
  return new ProblemError('invalid-request', withoutPaths(error.message) || 'the request is not valid', {
    status: error.status,
    cause: error,
  });
}

// Those that follow list devices, which `attempts` has.
function firstLineOf({ message }: Error): string {
  return message.split('\n', 1)[0] as string;
}
