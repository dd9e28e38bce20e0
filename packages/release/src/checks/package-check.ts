import type { Manifest } from '../workspaces.js';

/** A package as it was packed, opened. */
export interface OpenedPackage {
  tarball: string;
  manifest: Manifest;
  files: ReadonlyMap<string, Buffer>;
}

/** @returns What is wrong, a line each; none where all is well */
export type PackageCheck = (opened: OpenedPackage) => Promise<string[]> | string[];
