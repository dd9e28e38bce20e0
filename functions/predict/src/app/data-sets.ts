import type { DataSetUse } from '@cflow/jobs';
import { CflowError, type StoredDataSet } from '@cflow/spec';
import type { ObjectInfo, Registry } from '@cflow/store';

/** Where archives of data sets are. */
export const DATA_SETS = 'data-sets/';

/** Under which names uploads are kept; what lies there under another name was put there by hand, and stays. */
const UPLOADED = /^data-sets\/[0-9a-f]{64}\.zip$/;

export function isUpload(path: string): boolean {
  return UPLOADED.test(path);
}

const DAY_MS = 86_400_000;

/**
 * Milliseconds that an archive stays after the last job on it: what the service says, or longer where the settings of a
 * detector that was trained on it do.
 */
export async function lifeOfDataSet(
  registry: Pick<Registry, 'settings'>,
  use: DataSetUse | undefined,
  lifeMs: number,
): Promise<number> {
  let most = lifeMs;
  for (const name of use?.detectors ?? []) {
    const settings = await registry.settings(name).catch((error: unknown) => {
      // It has been deleted since.
      if (CflowError.isInstance(error) && (error.code as string) === 'not-found') return undefined;
      throw error;
    });
    most = Math.max(most, (settings?.keepImageDays ?? 0) * DAY_MS);
  }
  return most;
}

/** What is shown of an archive. `lifeMs` is counted from its upload, or from the end of the last job on it. */
export function dataSetOf(
  { key, size, modifiedAt }: ObjectInfo,
  use: DataSetUse | undefined,
  lifeMs: number | undefined,
): StoredDataSet {
  const lastUsedAt = use?.lastEndedAt ?? null;
  const from = Math.max(modifiedAt, lastUsedAt === null ? 0 : Date.parse(lastUsedAt));
  const stays = lifeMs === undefined || use?.inUse === true || !isUpload(key);
  return {
    path: key,
    bytes: size,
    uploadedAt: new Date(modifiedAt).toISOString(),
    inUse: use?.inUse ?? false,
    lastUsedAt,
    expiresAt: stays ? null : new Date(from + lifeMs).toISOString(),
  };
}
