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
  /** A version that scores beside what is asked for by an alias, after the answer and without one. */
  shadow?: Shadow | undefined;
  /** The version whose scores the thresholds are of. */
  version?: string | undefined;
  /** Why it was decided. */
  note?: string | undefined;
  /** Name of the key that it was saved with. */
  by?: string | undefined;
  /** When it was saved. */
  at?: string | undefined;
}

/** A version that scores beside whichever answers. */
export interface Shadow {
  /** The version that scores beside: an alias, which may be moved, or a version. */
  reference: string;
  /** Of the images that are asked for by an alias, the share in (0, 1] that it scores, too. Default 1. */
  share?: number | undefined;
}

/** How far a shadow was from what was answered; null before the first image. */
export type ShadowDifference = {
  /** Of the shadow less that of the answer. */
  mean: number;
  meanAbsolute: number;
  /** The largest, whichever was higher. */
  largest: number;
} | null;

/** What a shadow said of images that another version had answered. */
export interface ShadowComparison {
  /** The version that answered. */
  version: string;
  /** The version that scored beside it. */
  shadow: string;
  /** When the first image of these was offered. */
  since: string;
  /** Images that both have scored. */
  compared: number;
  /** Images that the shadow did not score: nothing was idle in time, or too many waited. */
  dropped: number;
  /** Images that the shadow could not score. */
  failed: number;
  /** Images that both call good or both bad, each at its own threshold. */
  agreed: number;
  /** Images that only the shadow calls bad. */
  onlyShadow: number;
  /** Images that only the version that answered calls bad. */
  onlyAnswered: number;
  /** Between the scores, which are on a scale of each version. */
  scoreDifference: ShadowDifference;
  /** Between the false-alarm probabilities, which are on one scale. */
  falseAlarmDifference: ShadowDifference;
  /** The last images that they do not agree on, 20 at most, the newest first. */
  differing: {
    at: string;
    score: number;
    label: 'good' | 'bad';
    shadowScore: number;
    shadowLabel: 'good' | 'bad';
  }[];
}

/** What is scored beside a detector, and what came of it since the replica that answers was started. */
export interface ShadowReport {
  name: string;
  /** As the settings say; null: nothing is scored beside. */
  shadow: Shadow | null;
  /** False where the service scores nothing beside its answers, as at the edge. */
  scoresHere: boolean;
  /** One for each pair of versions, the last used first. */
  comparisons: ShadowComparison[];
}

/** Where an alias points. */
export interface AliasState {
  name: string;
  alias: string;
  version: string;
}
