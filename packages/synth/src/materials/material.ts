import type { Rgb } from '../color.js';
import type { Pose, PoseTolerance } from '../pose.js';
import type { Random } from '../random.js';
import type { Finish } from '../shade.js';
import type { Surface } from '../surface.js';

/** One specimen: where it lies, and the seed of everything in it that differs from its siblings. */
export interface Specimen {
  readonly pose: Pose;
  readonly seed: number;
}

/** A defect that the material itself must make, since it changes how the product is built. */
export interface Fault {
  readonly kind: 'missing-thread' | 'misprint' | 'missing-part';
  readonly random: Random;
  /** 0 (barely visible) to 1 (plain). */
  readonly severity: number;
}

/** What the defects that any material can have look like on this one. */
export interface DefectLook {
  /** What a scratch lays bare. */
  readonly bare: Rgb;
  /** The inside of a hole, and of a crack. */
  readonly inside: Rgb;
  /** The broken edge around a hole. */
  readonly rim: Rgb;
  /** Factors by which stains filter the color. */
  readonly stains: readonly Rgb[];
  /** Colors of what dries to a pale or colored film instead. */
  readonly films: readonly Rgb[];
  /** Colors of fibers and grains that do not belong there. */
  readonly foreign: readonly Rgb[];
  /** How torn the edges of holes and stains are, 0 to 1. */
  readonly ragged: number;
  /** Depth of dents, world units. */
  readonly dentDepth: number;
}

export interface Material {
  readonly finish: Finish;
  readonly tolerance: PoseTolerance;
  readonly look: DefectLook;
  /** Fills the whole surface. The same specimen without a fault and with one differ by the fault alone. */
  paint(surface: Surface, specimen: Specimen, fault?: Fault): void;
}
