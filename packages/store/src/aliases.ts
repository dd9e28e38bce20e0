import { aliasSchema, StorageError, text, versionSchema } from '@cflow/spec';
import { z } from 'zod';
import type { ObjectStore } from './object-store.js';
import { RegistryError } from './registry-error.js';
import { aliasesPrefix, aliasKey, noVersion, versionKey } from './registry-keys.js';
import { listAll, readSmallJson } from './store-reads.js';

const MAX_BYTES = 4096;
/** Others may move the same alias at the same moment, each time one of them succeeds. */
const MAX_ATTEMPTS = 200;

const aliasFileSchema = z.object({ version: versionSchema, movedAt: text(40) });

interface AliasFile {
  version: string;
  etag: string;
}

/** Where an alias points; undefined when there is none. */
export async function readAlias(
  store: ObjectStore,
  name: string,
  alias: string,
): Promise<AliasFile | undefined> {
  const found = await readSmallJson(store, aliasKey(name, alias), MAX_BYTES, {
    parse: (value) => aliasFileSchema.parse(value),
    what: `the alias "${alias}" of "${name}" is damaged, and has to be moved again`,
  });
  return found && { version: found.value.version, etag: found.etag };
}

export async function readAliases(store: ObjectStore, name: string): Promise<Record<string, string>> {
  const prefix = aliasesPrefix(name);
  const aliases: Record<string, string> = {};
  for await (const { key } of listAll(store, prefix)) {
    const alias = key.slice(prefix.length);
    if (!aliasSchema.safeParse(alias).success) continue;
    const found = await readAlias(store, name, alias);
    if (found) aliases[alias] = found.version;
  }
  return aliases;
}

/**
 * Moves an alias in one step.
 *
 * A version may be deleted at the same moment. Moving writes the alias and then checks that the version is still there;
 * deleting removes the version and then checks whether an alias points to it (see deleteVersion). Each checks after it
 * wrote, so at least one of them sees the other and takes its step back: no alias is left that points to a missing version.
 */
export async function moveAlias(
  store: ObjectStore,
  target: { name: string; alias: string; version: string; movedAt: string },
  expected: string | null | undefined,
): Promise<void> {
  const { name, alias, version, movedAt } = target;
  const key = aliasKey(name, alias);
  const contentOf = (of: string): Uint8Array =>
    new TextEncoder().encode(JSON.stringify({ version: of, movedAt }));
  const exists = async (of: string): Promise<boolean> => Boolean(await store.head(versionKey(name, of)));
  if (!(await exists(version))) throw noVersion(name, version);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const before = await readAlias(store, name, alias);
    if (expected !== undefined && (before?.version ?? null) !== expected) {
      throw moved(name, alias, expected, before?.version ?? null);
    }
    const result = await store.put(key, contentOf(version), { ifMatch: before?.etag ?? null });
    if (!result.written) continue;
    if (await exists(version)) return;
    await takeBack(before, result.etag);
    throw noVersion(name, version);
  }
  throw new StorageError(
    'store',
    `the alias "${alias}" of "${name}" is being moved all the time; try again`,
    {
      retryable: true,
      details: { name, alias },
    },
  );

  async function takeBack(before: AliasFile | undefined, etag: string): Promise<void> {
    // Where it pointed before may be gone as well; an alias that points nowhere would be worse than none. Should
    // somebody have moved it on since, it is theirs.
    if (before && (await exists(before.version))) {
      const back = await store.put(key, contentOf(before.version), { ifMatch: etag });
      if (!back.written || (await exists(before.version))) return;
    }
    if ((await readAlias(store, name, alias))?.version === version) await store.delete(key);
  }
}

function moved(name: string, alias: string, expected: string | null, found: string | null): RegistryError {
  const shown = (version: string | null): string => (version === null ? 'nothing' : version);
  return new RegistryError(
    'conflict',
    `the alias "${alias}" of "${name}" points to ${shown(found)}, expected ${shown(expected)}; look and decide again`,
    { details: { name, alias, expected, found } },
  );
}
