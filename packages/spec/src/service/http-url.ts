import * as z from 'zod';
import { MAX_URL, text } from '../bounds.js';

/** An address that the service may be asked to fetch or to call. Its length is looked at before it is taken apart. */
export const httpUrlSchema: z.ZodString = text(MAX_URL).check(z.url({ protocol: /^https?$/ }));
