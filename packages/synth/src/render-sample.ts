import { DataSetError, type Mask, type RgbImage } from '@cflow/spec';
import { drawCamera, expose } from './camera.js';
import { checkRequest } from './check-request.js';
import { defectTable } from './defects/defect-table.js';
import type { DefectKind } from './defects/kinds.js';
import { drawIllumination } from './illumination.js';
import type { Fault, Material, Specimen } from './materials/material.js';
import { materialTable } from './materials/material-table.js';
import { drawPose } from './pose.js';
import { createRandom, deriveSeed } from './random.js';
import type { SampleRequest } from './sample-request.js';
import { shade } from './shade.js';
import {
  copySurface,
  createFrame,
  createSurface,
  differingRows,
  type Rows,
  type Surface,
} from './surface.js';

export interface Sample {
  image: RgbImage;
  /** 255 exactly where the image differs from the good specimen of the same seed, 0 elsewhere. */
  mask: Mask;
}

/** A change of at least this many gray levels in some channel is visible, and belongs to the mask. */
const visibleChange = 5;
/** A mask has at least this share of the picture (64 pixels of 256 x 256), and at least 4 pixels. */
const leastShare = 1 / 1024;
const attempts = 12;

/**
 * Renders one specimen as an inspection camera would see it.
 *
 * The same request gives the same bytes in every JavaScript engine.
 * @throws ConfigurationError for an unknown material, a defect that the material cannot have, a seed or size out of
 * range; DataSetError if no attempt at the defect was visible (none of many thousands tried was)
 */
export function renderSample(request: SampleRequest): Sample {
  checkRequest(request);
  const { material: name, defect, seed, width, height } = request;
  const material = materialTable[name];
  const frame = createFrame(width, height);
  const specimen: Specimen = {
    pose: drawPose(createRandom(deriveSeed(seed, name, 'pose')), frame, material.tolerance),
    seed: deriveSeed(seed, name, 'texture'),
  };
  const lamp = drawIllumination(createRandom(deriveSeed(seed, name, 'lamp')));
  const camera = drawCamera(createRandom(deriveSeed(seed, name, 'camera')));
  const surface = createSurface(frame);
  material.paint(surface, specimen);
  const all: Rows = { first: 0, last: height };
  const light = new Float32Array(width * height * 3);
  const good = new Uint8Array(width * height * 3);
  shade(surface, material.finish, lamp, all, light);
  expose(light, frame, camera, all, good);
  if (defect === undefined) return pair(good, new Uint8Array(width * height), width, height);

  const least = Math.max(4, Math.ceil(width * height * leastShare));
  for (let attempt = 0; attempt < attempts; attempt++) {
    const damaged = damage(
      surface,
      material,
      specimen,
      defect,
      deriveSeed(seed, name, defect, attempt),
      attempt,
    );
    // Only what changed is rendered again; slopes and blur carry a change one row further each.
    const changed = differingRows(surface, damaged);
    const image = good.slice();
    const newLight = light.slice();
    shade(damaged, material.finish, lamp, grow(changed, 1, height), newLight);
    expose(newLight, frame, camera, grow(changed, 2, height), image);
    const mask = new Uint8Array(width * height);
    if (keepVisible(good, image, mask) >= least) return pair(image, mask, width, height);
  }
  throw new DataSetError(
    `no visible ${defect} on ${name} in ${attempts} attempts with seed ${seed} at ${width} x ${height} pixels; choose another seed or a larger size`,
    { details: { ...request, attempts } },
  );
}

/** The damaged surface. A defect that turned out invisible is drawn again, more severe with each attempt. */
function damage(
  good: Surface,
  material: Material,
  specimen: Specimen,
  kind: DefectKind,
  seed: number,
  attempt: number,
): Surface {
  const random = createRandom(seed);
  const severity = Math.min(1, random.uniform(0, 1) + attempt * 0.15);
  if (isFault(kind)) {
    const surface = createSurface(good);
    material.paint(surface, specimen, { kind, random, severity });
    return surface;
  }
  const surface = copySurface(good);
  defectTable[kind]({ surface, look: material.look, random, severity, seed });
  return surface;
}

function isFault(kind: DefectKind): kind is Fault['kind'] {
  return kind === 'missing-thread' || kind === 'misprint' || kind === 'missing-part';
}

function grow({ first, last }: Rows, by: number, height: number): Rows {
  return { first: Math.max(0, first - by), last: Math.min(height, last + by) };
}

/** Marks the pixels that visibly differ and takes the others back to what they were. Returns how many it marked. */
function keepVisible(good: Uint8Array, image: Uint8Array, mask: Uint8Array): number {
  let marked = 0;
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const at = pixel * 3;
    const change = Math.max(
      Math.abs(image[at]! - good[at]!),
      Math.abs(image[at + 1]! - good[at + 1]!),
      Math.abs(image[at + 2]! - good[at + 2]!),
    );
    if (change >= visibleChange) {
      mask[pixel] = 255;
      marked++;
    } else {
      image[at] = good[at]!;
      image[at + 1] = good[at + 1]!;
      image[at + 2] = good[at + 2]!;
    }
  }
  return marked;
}

function pair(image: Uint8Array, mask: Uint8Array, width: number, height: number): Sample {
  return { image: { width, height, data: image }, mask: { width, height, data: mask } };
}
