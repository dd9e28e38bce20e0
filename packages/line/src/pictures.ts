import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import type { Prediction, RgbImage } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import type { Result } from './result.js';

/** Of which frames a picture is kept: of those that any of the rules wants. */
export interface PictureRules {
  /** Every frame. */
  all?: boolean | undefined;
  /** Frames whose label or verdict is bad. */
  bad?: boolean | undefined;
  /** One frame in so many. */
  every?: number | undefined;
}

export interface PicturesOptions extends PictureRules {
  folder: string;
  /** Bytes that pictures may take; the oldest go first. Default: any. */
  budgetBytes?: number | undefined;
  /** What is to be seen. */
  draw: (image: RgbImage, prediction: Prediction) => RgbImage;
}

const PICTURE = /^(\d{9,15})-.*\.png$/;
const LONGEST_NAME = 80;

/**
 * Pictures of frames, one file each, called by sequence number and name. They are written before the result is accepted, so
 * that every result that has a picture finds it; what was written for a result that was never accepted is taken away at the
 * next start.
 */
export class Pictures {
  readonly #options: PicturesOptions;
  /** The oldest first. */
  readonly #files: { name: string; bytes: number }[];
  #bytes: number;

  private constructor(options: PicturesOptions, files: { name: string; bytes: number }[]) {
    this.#options = options;
    this.#files = files;
    this.#bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @param last sequence number of the last result that was accepted */
  static async open(options: PicturesOptions, last: number): Promise<Pictures> {
    const { folder } = options;
    try {
      await mkdir(folder, { recursive: true });
      const files: { name: string; bytes: number }[] = [];
      for (const name of (await readdir(folder)).sort()) {
        const sequence = PICTURE.exec(name)?.[1];
        if (sequence === undefined) continue;
        if (Number(sequence) > last) await rm(join(folder, name));
        else files.push({ name, bytes: (await stat(join(folder, name))).size });
      }
      return new Pictures(options, files);
    } catch (error) {
      throw storageErrorOf(error, folder);
    }
  }

  /** Writes a frame's picture where a rule wants it, and gives its path. @throws StorageError */
  async keep(
    { sequence, name, label, verdict }: Result,
    image: RgbImage,
    prediction: Prediction,
  ): Promise<string | undefined> {
    const { all, bad, every, folder, draw } = this.#options;
    const isBad = label === 'bad' || verdict === 'bad';
    if (!(all || (bad && isBad) || (every !== undefined && sequence % every === 0))) return undefined;
    const file = `${String(sequence).padStart(9, '0')}-${plain(name)}.png`;
    const png = await encodePng(draw(image, prediction));
    await writeFileAtomically(join(folder, file), png);
    this.#files.push({ name: file, bytes: png.byteLength });
    this.#bytes += png.byteLength;
    await this.#makeRoom();
    return join(folder, file);
  }

  async #makeRoom(): Promise<void> {
    const { budgetBytes = Number.POSITIVE_INFINITY, folder } = this.#options;
    while (this.#bytes > budgetBytes && this.#files.length > 1) {
      const { name, bytes } = this.#files.shift() as { name: string; bytes: number };
      this.#bytes -= bytes;
      await rm(join(folder, name), { force: true });
    }
  }
}

/** A name that is a file's on every system. */
function plain(name: string): string {
  const stem = name.replace(/\.[^./]*$/, '');
  return stem.replace(/[^\w.-]+/g, '_').slice(-LONGEST_NAME);
}
