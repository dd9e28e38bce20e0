import { type Problem, problemSchema } from '@cflow/spec';
import type { z } from 'zod';
import { PROBLEM_KINDS } from '../app/problem-kinds.js';

type Code = Problem['code'];

/** What requests run into, by status: the code of the example and what it says. */
const EXAMPLES = {
  400: ['invalid-request', 'falseAlarmRate: give a threshold or a false-alarm rate, not both'],
  401: ['unauthorized', 'send an API key as "Authorization: Bearer <key>" or in the header X-Api-Key'],
  403: ['forbidden', 'the key "camera" lacks the scope "admin"; ask for one that has it'],
  404: ['not-found', 'there is no detector "wood"'],
  408: ['timeout', 'nothing of the body arrived for 30000 ms; send it again, faster'],
  409: ['conflict', 'the alias "latest" points to this version; move or delete it first'],
  413: ['payload-too-large', 'expected a body of at most 67108864 bytes; send less'],
  415: ['unsupported-media-type', 'expected an image, multipart/form-data or application/json'],
  416: ['range-not-satisfiable', 'the file has 1024 bytes'],
  422: ['image', 'image 0 cannot be decoded: it is not a PNG, JPEG, WebP, TIFF or BMP'],
  426: [
    'invalid-request',
    'expected a WebSocket of the subprotocol "cflow.v1"; open it with ws:// or wss:// in place of http:// or https://',
  ],
  429: ['rate-limited', 'more requests than agreed; wait as Retry-After says'],
  503: ['not-ready', 'the service is about to end; ask again, another will answer'],
  504: ['timeout', 'there was no answer within 30000 ms; try again later'],
} as const satisfies Record<number, readonly [Code, string]>;

export type ProblemStatus = keyof typeof EXAMPLES;

const requestIdHeader = {
  'X-Request-Id': {
    schema: { type: 'string' as const },
    description: 'Of this request, for questions about it',
  },
};

const retryAfterHeader = {
  'Retry-After': { schema: { type: 'integer' as const }, description: 'Seconds to wait before trying again' },
};

/** The documentation of problems. */
export function problems<const S extends readonly ProblemStatus[]>(...statuses: S) {
  return Object.fromEntries(
    statuses.map((status) => {
      const [code, detail] = EXAMPLES[status];
      const { title } = PROBLEM_KINDS[code];
      const requestId = '8d0c3e2a-6f0e-4d55-9f5e-0c6d6d2c1b7a';
      const example: Problem = { type: `urn:cflow:problem:${code}`, title, status, detail, code, requestId };
      const headers =
        status === 429 || status === 503 ? { ...requestIdHeader, ...retryAfterHeader } : requestIdHeader;
      const content = { 'application/problem+json': { schema: problemSchema, example } };
      return [status, { description: DESCRIPTIONS[status] ?? title, headers, content }];
    }),
  ) as unknown as Record<
    S[number],
    { description: string; content: { 'application/problem+json': { schema: typeof problemSchema } } }
  >;
}

const DESCRIPTIONS: Partial<Record<ProblemStatus, string>> = {
  400: 'The request is not valid; "errors" names each thing that is wrong',
  404: 'Not found',
  408: 'The body arrived too slowly',
  422: 'An image, a data set or an address cannot be used',
  429: 'Too many requests of this caller, in the queue, or in memory; wait as Retry-After says',
  503: 'The service is starting, ending, or cannot reach a part of itself; try again',
  504: 'The answer took too long; what had not begun was not done',
};

/** What a status means, and what is said of it for example; for answers that are not problem+json. */
export function statusExample(status: ProblemStatus): { description: string; detail: string } {
  const [code, detail] = EXAMPLES[status];
  return { description: DESCRIPTIONS[status] ?? PROBLEM_KINDS[code].title, detail };
}

/** A JSON answer. */
export function json<T extends z.ZodType>(schema: T, description: string, example: z.input<T>) {
  return { description, headers: requestIdHeader, content: { 'application/json': { schema, example } } };
}

/** Problems of every route that wants a key. */
export const COMMON = [400, 401, 403, 503] as const;

/** Documentation of who may call. */
export const KEYS = [{ bearer: [] }, { apiKey: [] }];
/** Documentation of what everybody may call. */
export const OPEN: never[] = [];
