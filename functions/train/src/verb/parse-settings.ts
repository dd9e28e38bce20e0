import { ConfigurationError } from '@cflow/spec';
import type { z } from 'zod';

/** Parses values that people have set, such as variables; the error lists each that is wrong. @throws ConfigurationError */
export function parseSettings<T>(schema: z.ZodType<T>, values: unknown, what: string): T {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || what}: ${message}`);
  throw new ConfigurationError(`${what} cannot be used: ${problems.join('; ')}`, { details: { problems } });
}
