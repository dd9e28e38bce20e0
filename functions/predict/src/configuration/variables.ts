// Kinds of variables of an environment. They are text; an empty one is one that was not set, as in compose files.
import { z } from 'zod';
import { hostPattern } from '../security/host-patterns.js';

export const text = z
  .string()
  .trim()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

/** With commas between. */
export const list = text.transform((value) =>
  value
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
);

/** A whole number. */
export const whole = (least: number, most: number) =>
  text.pipe(
    z
      .string()
      .regex(/^\d+$/, `expected a whole number from ${least} to ${most}`)
      .transform(Number)
      .pipe(z.number().min(least, `expected at least ${least}`).max(most, `expected at most ${most}`))
      .optional(),
  );

/** Names that a service is called by. */
export const hosts = list.pipe(
  z
    .array(
      z.string().superRefine((pattern, context) => {
        try {
          hostPattern(pattern);
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message });
        }
      }),
    )
    .optional(),
);

export const flag = text.pipe(
  z
    .enum(['true', 'false', '1', '0'], { error: 'expected true or false' })
    .transform((value) => value === 'true' || value === '1')
    .optional(),
);

export const megabytes = whole(1, 1_048_576);

export const rate = text.pipe(
  z
    .string()
    .regex(/^\d+(\.\d+)?(:\d+)?$/, 'expected requests per second, or per second and burst: 20:40')
    .optional(),
);

export const secret = text.pipe(z.string().min(32, 'expected at least 32 characters').optional());

/** `20:40`: requests per second, and how many at once after a pause (default twice the rate). */
export function parseRate(rate: string): { perSecond: number; burst: number } {
  const [perSecond = 0, burst = Math.max(1, 2 * perSecond)] = rate.split(':').map(Number);
  return { perSecond, burst };
}
