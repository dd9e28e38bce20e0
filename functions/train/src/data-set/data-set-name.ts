import type { DataSetReference } from '@cflow/spec';

const LONGEST = 64;
/** Uploads are called by the SHA-256 of their bytes, of which so much is enough to tell them apart, as of versions. */
const SHORT_HASH = 12;

/** What a data set is called where people read of it, from the last part of where it is. */
export function dataSetName(reference: DataSetReference): string {
  const path = 'url' in reference ? new URL(reference.url).pathname : reference.path;
  const name = (path.split('/').at(-1) ?? '').replace(/\.zip$/i, '');
  if (/^[0-9a-f]{64}$/.test(name)) return name.slice(0, SHORT_HASH);
  return name.replace(/[^a-z0-9_-]+/gi, '-').slice(0, LONGEST) || 'data-set';
}
