import type { VersionSummary } from '@cflow/sdk';
import { shortVersion } from '../dom/format.js';

/** An alias, where there is one, and the first digits of the version. */
export function versionName({ version, aliases }: Pick<VersionSummary, 'version' | 'aliases'>): string {
  const digits = shortVersion(version);
  return aliases.length > 0 ? `${aliases.join(', ')} (${digits})` : digits;
}
