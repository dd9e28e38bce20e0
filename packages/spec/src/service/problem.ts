import * as z from 'zod';

/** Codes of what can go wrong with a request, beside those of `CflowError`. A program switches on these. */
export const PROBLEM_CODES = [
  // The request
  'invalid-request',
  'unauthorized',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'conflict',
  'precondition-failed',
  'payload-too-large',
  'unsupported-media-type',
  'range-not-satisfiable',
  'url-refused',
  'idempotency-mismatch',
  // The service
  'rate-limited',
  'queue-full',
  'timeout',
  'not-ready',
  'unavailable',
  'internal',
  // What the libraries say
  'configuration',
  'data-set',
  'image',
  'weights',
  'device',
  'bundle',
  'training',
  'store',
  'storage-full',
  'permission',
  'interrupted',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** An error as the service answers it: RFC 9457, `application/problem+json`. */
export const problemSchema = z
  .object({
    type: z.string().describe('A URI for the kind of problem: urn:cflow:problem:<code>'),
    title: z.string().describe('The kind of problem, for people'),
    status: z.number().int().min(400).max(599),
    detail: z.string().describe('What was expected, what came, and what to do'),
    code: z.enum(PROBLEM_CODES).describe('The kind of problem, for programs'),
    requestId: z.string().describe('To be named when asking for help; also in the header X-Request-Id'),
    errors: z
      .array(z.object({ path: z.string().describe('Where in the request'), message: z.string() }))
      .optional()
      .describe('Each thing that is wrong, when several can be'),
    attempts: z
      .array(z.object({ device: z.string(), reason: z.string() }))
      .optional()
      .describe('Devices that were tried and why each was refused'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
