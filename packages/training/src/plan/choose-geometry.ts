import type { DataSetReport, DetectorConfigurationInput, Geometry } from '@cflow/spec';
import type { Preset } from './plan.js';

/** Pixels along the shorter side, and along the longer one at most. */
const SIDE = 256;
const LONGEST = 1024;
/** Networks halve their maps five times. */
const STEP = 32;

/** Pictures this much longer than wide lose what makes a defect when they are squeezed into a square. */
const LONG = 1.25;
/** Shapes that differ by more are not of one kind. */
const SAME = 1.1;
/** Pictures whose shorter side is more than so many times `SIDE` lose their small defects however they are shrunk to it. */
const LARGE = 4;
/** Of pictures in tiles: pixels along the shorter side, and along the longer one, at most. */
const TILED_SIDE: number = LARGE * SIDE;
const TILED_LONGEST = 4096;

export type GeometryChoice = Pick<DetectorConfigurationInput, 'inputSize' | 'geometry' | 'tileSize'>;

/**
 * How pictures come to the network, where not all of it was said:
 *
 * - Pictures of one shape, the shorter side more than four times 256 pixels: `tiles`.
 * - Pictures of one long shape: squeezed to a rectangle of that shape, the shorter side 256 pixels.
 * - All others, and with the reference's recipes whatever comes: squeezed to the usual square.
 *
 * A geometry that was chosen gets the size that fits it: `squeeze` the usual square; `pad` and `crop` a rectangle of the
 * pictures' middle shape; `tiles` as much of the pictures as is looked at. A size that was chosen is squeezed to.
 */
export function chooseGeometry(
  asked: GeometryChoice,
  { sizes }: Pick<DataSetReport, 'sizes'>,
  preset: Preset,
): GeometryChoice {
  const { inputSize, tileSize } = asked;
  if (inputSize || !sizes) return asked;
  const geometry = asked.geometry ?? (tileSize ? 'tiles' : chosen(sizes, preset));
  const [narrowest, widest] = sizes.aspects;
  const aspect = Math.sqrt(narrowest * widest);
  if (geometry === 'tiles') {
    return { geometry, inputSize: tiledSize(aspect, sizes.largest, tileSize ?? [SIDE, SIDE]), tileSize };
  }
  // What is squeezed on request is squeezed as it always was.
  if (asked.geometry === 'squeeze' || !geometry) return asked;
  return { geometry, inputSize: shapedSize(aspect), tileSize };
}

/** Undefined: the usual square. */
function chosen(
  { aspects: [narrowest, widest], smallest }: NonNullable<DataSetReport['sizes']>,
  preset: Preset,
): Geometry | undefined {
  if (preset === 'anomalib' || preset === 'paper' || widest / narrowest > SAME) return undefined;
  if (Math.min(...smallest) > LARGE * SIDE) return 'tiles';
  const aspect = Math.sqrt(narrowest * widest);
  return Math.max(aspect, 1 / aspect) < LONG ? undefined : 'squeeze';
}

/** A rectangle of a shape, its shorter side as long as usual; a square where the shape is nearly one. [height, width] */
function shapedSize(aspect: number): [number, number] | undefined {
  const ratio = Math.max(aspect, 1 / aspect);
  if (ratio < LONG) return undefined;
  const long = Math.min(LONGEST, Math.round((SIDE * ratio) / STEP) * STEP);
  return aspect > 1 ? [SIDE, long] : [long, SIDE];
}

/** As much of pictures as tiles see of them: no more pixels than there are, and at least one tile. [height, width] */
function tiledSize(
  aspect: number,
  [width, height]: readonly [number, number],
  [tileHeight, tileWidth]: readonly [number, number],
): [number, number] {
  const ratio = Math.max(aspect, 1 / aspect);
  const short = Math.min(TILED_SIDE, width, height, TILED_LONGEST / ratio);
  const side = (pixels: number, tile: number): number => Math.max(tile, Math.round(pixels / STEP) * STEP);
  return [
    side(aspect > 1 ? short : short * ratio, tileHeight),
    side(aspect > 1 ? short * ratio : short, tileWidth),
  ];
}
