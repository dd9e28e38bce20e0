import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '@cflow/spec';
import { cacheFolder } from './cache-folder.js';
import type { PulledBackbone } from './hub.js';
import { readReference } from './hub-cache.js';
import type { HubTarget } from './hub-requests.js';

export interface FindPulledOptions {
  /** Default: {@link cacheFolder}. */
  cacheDir?: string | undefined;
  /** The timm name to take when several tags of the same network were pulled. */
  preferred?: string | undefined;
}

/**
 * Weights that {@link pullBackbone} has left in the cache, without any request; undefined when there are none, or when
 * they are damaged.
 *
 * @param timmName with its tag, or without one: then any tag of that network will do
 * @throws ConfigurationError when it is open which of several is meant
 */
export async function findPulledBackbone(
  timmName: string,
  { cacheDir = cacheFolder(), preferred }: FindPulledOptions = {},
): Promise<PulledBackbone | undefined> {
  const tagged = timmName.includes('.');
  const all = (await references(cacheDir)).filter(({ target: { repository } }) =>
    tagged ? repository === `timm/${timmName}` : repository.startsWith(`timm/${timmName}.`),
  );
  const ofPreferred = all.filter(({ target }) => target.repository === `timm/${preferred}`);
  const candidates = ofPreferred.length > 0 ? ofPreferred : all;
  const onMain = candidates.filter(({ target }) => target.revision === 'main');
  const [first, ...others] = onMain.length > 0 ? onMain : candidates;
  if (!first) return undefined;
  if (others.some(({ sha256 }) => sha256 !== first.sha256)) {
    const found = [first, ...others].map(
      ({ target }) => `${target.repository}@${target.revision} of ${target.endpoint}`,
    );
    throw new ConfigurationError(
      `several weights of ${timmName} were pulled: ${found.join(', ')}. Name one with its tag, or give its file as weights`,
      { details: { backbone: timmName, found, option: ['backbone', 'weights'] } },
    );
  }
  const { target, folder, path } = first;
  const cached = await readReference(path, target, folder);
  return cached && { ...cached, repository: target.repository, revision: target.revision, fromCache: true };
}

interface Reference {
  target: HubTarget;
  sha256: unknown;
  folder: string;
  path: string;
}

async function references(cacheDir: string): Promise<Reference[]> {
  const found: Reference[] = [];
  const hub = join(cacheDir, 'hub');
  for (const host of await names(hub)) {
    for (const repository of await names(join(hub, host))) {
      const folder = join(hub, host, repository);
      for (const name of await names(folder)) {
        if (!/^revision-.*\.json$/.test(name)) continue;
        const path = join(folder, name);
        const target = await readTarget(path);
        if (target) found.push({ ...target, folder, path });
      }
    }
  }
  return found;
}

async function readTarget(path: string): Promise<Pick<Reference, 'target' | 'sha256'> | undefined> {
  try {
    const { endpoint, repository, revision, file, sha256 } = JSON.parse(await readFile(path, 'utf8'));
    if ([endpoint, repository, revision, file].some((field) => typeof field !== 'string')) return undefined;
    return { target: { endpoint, repository, revision, file }, sha256 };
  } catch {
    return undefined;
  }
}

/** What lies in a folder, in a fixed order; nothing when there is no such folder. */
async function names(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
