import type { BundleManifest } from './bundle-manifest.js';
import type { DrawnRegions } from './service.js';

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

/** What is decided for a detector. Thresholds count for the version that they were decided for, the others for any. */
export interface DetectorSettings {
  name: string;
  /** 1, 2, …; 0: nothing was decided, the bundle counts. */
  revision: number;
  /** Score from which an image is bad. */
  threshold?: number | undefined;
  /** Instead of a threshold: the share of good images that may be called bad, in (0, 1). */
  falseAlarmRate?: number | undefined;
  /** Map value from which a pixel belongs to a region. */
  pixelThreshold?: number | undefined;
  /** Smallest region, in pixels of the image. */
  minArea?: number | undefined;
  /** Regions smaller than this share of the largest are left out, unless they are higher than it. In [0, 1]; 0 keeps all. */
  minShare?: number | undefined;
  /** What is left out of score and regions of every picture, drawn on one of them. */
  ignore?: DrawnRegions | undefined;
  /** Days that images are kept for: those that come with feedback, and the data sets of training jobs. */
  keepImageDays?: number | undefined;
  /** The version whose scores the thresholds are of. */
  version?: string | undefined;
  /** Why it was decided. */
  note?: string | undefined;
  /** Name of the key that it was saved with. */
  by?: string | undefined;
  /** When it was saved. */
  at?: string | undefined;
}

/** Where an alias points. */
export interface AliasState {
  name: string;
  alias: string;
  version: string;
}
