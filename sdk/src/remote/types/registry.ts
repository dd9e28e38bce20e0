import type { BundleManifest } from './bundle-manifest.js';

/** A detector and its aliases. */
export interface DetectorSummary {
  name: string;
  /** Which version each alias points to. */
  aliases: Record<string, string>;
}

/** An immutable version of a detector. */
export interface VersionSummary {
  name: string;
  /** SHA-256 of the bundle's manifest. */
  version: string;
  createdAt: string;
  /** The aliases that point to it. */
  aliases: string[];
  /** Bytes of all its files. */
  bytes: number;
}

export interface VersionDetail extends VersionSummary {
  manifest: BundleManifest;
}

/** Where an alias points. */
export interface AliasState {
  name: string;
  alias: string;
  version: string;
}
