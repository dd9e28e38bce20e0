import * as z from 'zod';
import { MAX_URL } from '../bounds.js';

/**
 * An address that the service may be asked to fetch or to call. Its length is looked at before it is taken apart.
 *
 * @param hint What else may have been meant
 */
export function httpUrl(hint: string = ''): z.ZodString {
  const error = `expected an address of at most ${MAX_URL} characters that begins with http:// or https://${hint}`;
  return z
    .string()
    .max(MAX_URL, { abort: true, error })
    .check(z.url({ protocol: /^https?$/, error }));
}

export const httpUrlSchema: z.ZodString = httpUrl();
