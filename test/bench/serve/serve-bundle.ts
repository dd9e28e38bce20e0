import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

export const CFLOW = fileURLToPath(new URL('../../../packages/cli/bin/cflow.js', import.meta.url));

/** A detector of the MobileNet class and an image of 256 x 256 for it, made as a user would. */
export interface ServeBundle {
  bundle: string;
  /** The same picture in the two formats that cameras and people send. */
  images: { png: Uint8Array; jpeg: Uint8Array };
}

/** Trained for a moment only: its scores tell nothing, its times are those of any detector of its kind. */
export async function serveBundle(folder: string): Promise<ServeBundle> {
  const run = promisify(execFile);
  const parts = join(folder, 'parts');
  const bundle = join(folder, 'wood.cflow');
  await run(process.execPath, [
    CFLOW,
    'synth',
    parts,
    '--materials',
    'wood',
    '--train',
    '40',
    '--test-good',
    '1',
    '--per-defect',
    '1',
  ]);
  await run(process.execPath, [
    CFLOW,
    'train',
    join(parts, 'wood'),
    '--output',
    bundle,
    '--preset',
    'anomalib',
    '--epochs',
    '1',
    '--no-evaluate',
    '--quiet',
  ]);
  const png = await readFile(join(parts, 'wood', 'train', 'good', '000.png'));
  return { bundle, images: { png, jpeg: await sharp(png).jpeg({ quality: 90 }).toBuffer() } };
}
