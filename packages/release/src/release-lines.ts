import { stat } from 'node:fs/promises';
import type { PackedPackage } from './pack-release.js';

/** What was packed, a line each, and the sum. */
export async function releaseLines(packed: readonly PackedPackage[]): Promise<string[]> {
  const rows = await Promise.all(
    packed.map(async ({ name, version, tarball }) => ({
      name: `${name}@${version}`,
      bytes: (await stat(tarball)).size,
    })),
  );
  rows.push({ name: 'all', bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) });
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, bytes }) => `${name.padEnd(width)}  ${(bytes / 1e6).toFixed(2).padStart(7)} MB`);
}
