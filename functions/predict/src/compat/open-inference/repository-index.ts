import { z } from 'zod';
import { parseJson } from '../../app/json/read-json.js';
import type { AppParts } from '../../app/parts.js';
import { invalid } from '../../app/problem.js';

/** The JSON of `POST /v2/repository/index`; what others may say beside it is ignored. */
export const indexRequestSchema = z.object({ ready: z.boolean().optional() });

/** Detectors that are listed at most. */
const MOST_DETECTORS = 2000;

export interface IndexEntry {
  name: string;
  /** An alias. */
  version: string;
  state: 'READY' | 'UNAVAILABLE';
  reason: string;
}

/** Every alias of every detector: the ones in memory are ready, the others become so when they are asked for. */
export async function repositoryIndex(parts: AppParts, body: Uint8Array): Promise<IndexEntry[]> {
  const { ready = false } = readRequest(body);
  const loaded = new Set(parts.inference.status().detectors.map(({ name, version }) => `${name}@${version}`));
  const entries: IndexEntry[] = [];
  let after: string | undefined;
  for (let seen = 0; seen < MOST_DETECTORS; ) {
    const page = await parts.registry.listDetectors({ limit: 200, ...(after !== undefined && { after }) });
    for (const { name, aliases } of page.detectors) {
      for (const [alias, version] of Object.entries(aliases)) {
        const isLoaded = loaded.has(`${name}@${version}`);
        if (ready && !isLoaded) continue;
        entries.push({
          name,
          version: alias,
          state: isLoaded ? 'READY' : 'UNAVAILABLE',
          reason: isLoaded ? '' : 'not in memory; the first request loads it',
        });
      }
    }
    if (page.next === null) break;
    seen += page.detectors.length;
    after = page.next;
  }
  return entries;
}

function readRequest(body: Uint8Array): z.infer<typeof indexRequestSchema> {
  if (body.length === 0) return {};
  const parsed = indexRequestSchema.safeParse(parseJson(body, 'the body'));
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}
