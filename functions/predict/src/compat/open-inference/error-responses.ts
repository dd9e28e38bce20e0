import { z } from 'zod';
import { type ProblemStatus, statusExample } from '../../openapi/responses.js';

// Loose: a client that asks whether something is ready is also told that it is not, beside the reason.
const errorSchema = z.looseObject({ error: z.string() }).meta({ id: 'OpenInferenceError' });

/** The documentation of errors under /v2. */
export function errorResponses(statuses: readonly ProblemStatus[]) {
  return Object.fromEntries(
    statuses.map((status) => {
      const { description, detail } = statusExample(status);
      const content = { 'application/json': { schema: errorSchema, example: { error: detail } } };
      return [status, { description, content }];
    }),
  );
}
