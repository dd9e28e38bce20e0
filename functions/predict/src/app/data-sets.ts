import type { DataSetUse } from '@cflow/jobs';
import type { StoredDataSet } from '@cflow/spec';
import type { ObjectInfo } from '@cflow/store';

/** Where archives of data sets are. */
export const DATA_SETS = 'data-sets/';

/** Under which names uploads are kept; what lies there under another name was put there by hand, and stays. */
const UPLOADED = /^data-sets\/[0-9a-f]{64}\.zip$/;

export function isUpload(path: string): boolean {
  return UPLOADED.test(path);
}

/** What is told of an archive. `lifeMs` is counted from its upload, or from the end of the last job on it. */
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
