// What is scored everywhere: a detector trained here and now, on images made by code, and files of many kinds.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDataSet } from '@cflow/images/node';
import type { DetectorConfigurationInput, RgbImage } from '@cflow/spec';
import { planDataSet, renderSample, type SampleRequest } from '@cflow/synth';
import { trainDetector } from '@cflow/training/node';
import sharp, { type Sharp } from 'sharp';
import type { Work } from './score-files.js';

const TWELVE_BITS = { low: 0, high: 4095 };
const SIZE = { width: 120, height: 100 };

/** Two rows of two tiles in every picture. */
const TILES: DetectorConfigurationInput = { geometry: 'tiles', inputSize: [96, 128], tileSize: [64, 64] };

/** Pictures that a detector in tiles scores: a device of software takes a second for each tile. */
export const IN_TILES = ['hole.png', 'stain-12-bit.png', 'good-1.jpg'];

/** Trains on wood for some seconds: the fast preset, the backbone that needs no download, small images. */
export async function trainSmallBundle(folder: string, geometry: 'squeeze' | 'tiles'): Promise<string> {
  const plan = planDataSet({
    materials: ['wood'],
    trainCount: 24,
    testGoodCount: 0,
    perDefectCount: 0,
    size: SIZE,
    seed: 0,
  });
  for (const { path, render } of plan) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await toSharp(render().image).png().toFile(file);
  }
  const output = join(folder, `${geometry}.cflow`);
  await trainDetector({
    dataSet: await openDataSet(join(folder, 'wood')),
    output,
    name: 'wood',
    preset: 'fast',
    device: 'cpu',
    evaluate: false,
    // Of the pictures that follow, those of 8 bits are taken as they are, and those of 16 from here.
    configuration: {
      inputSize: [64, 64],
      ...(geometry === 'tiles' && TILES),
      ...{ couplingBlocks: 2, conditionVector: 32, range: TWELVE_BITS },
    },
    overrides: { epochs: 3, imageBatchSize: 8 },
  });
  return output;
}

/**
 * The files of a bundle that scoring needs, and images in the encodings that people have.
 * @param chosen Names of those to make; default: all
 */
export async function makeWork(
  bundleFolder: string,
  imagesFolder: string,
  chosen?: readonly string[],
): Promise<Work> {
  const bundle = new Map<string, Uint8Array>();
  for (const name of await readdir(bundleFolder)) {
    if (/\.(json|onnx|safetensors|html)$/.test(name)) {
      bundle.set(name, await readFile(join(bundleFolder, name)));
    }
  }
  const wood = (seed: number, defect?: SampleRequest['defect']): RgbImage =>
    renderSample({ material: 'wood', defect, seed, ...SIZE }).image;
  const scratch = toSharp(wood(905, 'scratch'));
  const files: [string, Sharp][] = [
    ['good-1.png', toSharp(wood(901)).png()],
    ['good-2-palette.png', toSharp(wood(902)).png({ palette: true })],
    ['good-3-interlaced.png', toSharp(wood(903)).png({ progressive: true })],
    ['hole.png', toSharp(wood(904, 'hole')).png()],
    ['scratch-gray.png', scratch.clone().grayscale().png()],
    ['stain-12-bit.png', toSharp12(wood(906, 'stain')).png()],
    ['stain-16-bit.png', toSharp(wood(906, 'stain')).toColourspace('rgb16').png()],
    ['good-1.jpg', toSharp(wood(901)).jpeg({ quality: 90 })],
    ['hole-progressive.jpg', toSharp(wood(904, 'hole')).jpeg({ quality: 75, progressive: true })],
    ['scratch-turned.jpg', scratch.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 95 })],
  ];
  await mkdir(imagesFolder, { recursive: true });
  const images = [];
  for (const [name, encoder] of files) {
    if (chosen && !chosen.includes(name)) continue;
    const bytes = await encoder.toBuffer();
    await writeFile(join(imagesFolder, name), bytes);
    images.push({ name, bytes: new Uint8Array(bytes) });
  }
  return { bundle, images };
}

function toSharp({ data, width, height }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** As a camera of 12 bits gives it, in samples of 16. */
function toSharp12({ data, width, height }: RgbImage): Sharp {
  const samples = Uint16Array.from(data, (value) => (value << 4) | (value >> 4));
  return sharp(samples, { raw: { width, height, channels: 3 } }).toColourspace('rgb16');
}
