import type { Context } from 'hono';
import type { AppEnvironment } from '../environment.js';
import { ProblemError } from '../problem.js';
import { shortened } from '../shortened.js';
import type { ContentCodings, ContentDecoder } from './content-codings.js';

/** Those of every runtime; a host may know more. */
export const PORTABLE_CODINGS: ContentCodings = new Map(
  (['gzip', 'deflate'] as const).map((name) => [
    name,
    () => new DecompressionStream(name) as unknown as ContentDecoder,
  ]),
);

/** Names of old, which mean the same. */
const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip', 'x-deflate': 'deflate' };
const LONGEST_NAME = 40;

/** How the body is coded; undefined when it is sent as it is. Throws ProblemError `unsupported-media-type`. */
export function contentCoding(c: Context<AppEnvironment>): string | undefined {
  const header = (c.req.header('content-encoding') ?? '').trim().toLowerCase();
  if (header === '' || header === 'identity') return undefined;
  const name = ALIASES[header] ?? header;
  const codings = [...c.get('contentCodings').keys()];
  if (codings.includes(name)) return name;
  throw new ProblemError(
    'unsupported-media-type',
    `expected Content-Encoding ${codings.join(', ')}, or none, got "${shortened(header, LONGEST_NAME)}"; send the body as it is`,
    { headers: { 'accept-encoding': codings.join(', '), connection: 'close' } },
  );
}
