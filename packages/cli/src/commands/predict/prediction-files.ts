import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mapRange } from '@cflow/detector';
import type { BundleManifest, Prediction, RgbImage, ScalarMap } from '@cflow/spec';
import { type ColorScale, renderHeatMap } from '@cflow/visual';
import { writeMapPng16, writePng } from '@cflow/visual/node';
import { annotate } from '../../annotate.js';
import { OutputNames } from '../../output-names.js';
import type { MapFormat, PredictFlags } from './flags.js';
import { encodeNpy } from './npy.js';

/** Files that were written for an image. */
export interface WrittenFiles {
  mapFile?: string;
  /** By layer. */
  layerFiles?: Record<string, string>;
  overlayFile?: string;
}

const EXTENSION: Readonly<Record<MapFormat, string>> = { png8: '.png', png16: '.png', f32: '.npy' };

/** Writes maps and overlays, under the names of the images. */
export class PredictionFiles {
  readonly #flags: PredictFlags;
  readonly #manifest: BundleManifest;
  readonly #mapNames: OutputNames = new OutputNames();
  readonly #overlayNames: OutputNames = new OutputNames();

  private constructor(flags: PredictFlags, manifest: BundleManifest) {
    this.#flags = flags;
    this.#manifest = manifest;
  }

  /** Makes the folders first: a wrong one should be noticed before the work is done. */
  static async open(flags: PredictFlags, manifest: BundleManifest): Promise<PredictionFiles> {
    for (const folder of [flags.maps, flags.overlays]) {
      if (folder !== undefined) await mkdir(folder, { recursive: true });
    }
    return new PredictionFiles(flags, manifest);
  }

  /** Whether images are needed at their own size. */
  get wantsImages(): boolean {
    return this.#flags.overlays !== undefined;
  }

  get wantsAny(): boolean {
    return this.wantsImages || this.#flags.maps !== undefined;
  }

  async write(name: string, image: RgbImage, prediction: Prediction): Promise<WrittenFiles> {
    const { maps, overlays, mapFormat } = this.#flags;
    const written: WrittenFiles = {};
    if (maps !== undefined) {
      written.mapFile = join(maps, this.#mapNames.take(name, EXTENSION[mapFormat]));
      // Colors that mean the same for all images of a detector.
      await this.#writeMap(written.mapFile, prediction.map, mapRange(this.#manifest) ?? {});
      for (const layer of prediction.layers ?? []) {
        const part = `.${layer.layer.replace(/[^\w.-]+/g, '_')}${EXTENSION[mapFormat]}`;
        const file = join(maps, this.#mapNames.take(name, part));
        // Log-likelihoods have a range of their own, in which low is bad.
        await this.#writeMap(file, layer, {});
        written.layerFiles = { ...written.layerFiles, [layer.layer]: file };
      }
    }
    if (overlays !== undefined) {
      written.overlayFile = join(overlays, this.#overlayNames.take(name, '.png'));
      await mkdir(dirname(written.overlayFile), { recursive: true });
      await writePng(written.overlayFile, annotate(image, prediction, this.#manifest));
    }
    return written;
  }

  async #writeMap(path: string, map: ScalarMap, scale: ColorScale): Promise<void> {
    const { mapFormat } = this.#flags;
    await mkdir(dirname(path), { recursive: true });
    if (mapFormat === 'png8') await writePng(path, renderHeatMap(map, scale));
    else if (mapFormat === 'png16') await writeMapPng16(path, map);
    else await writeFile(path, encodeNpy(map));
  }
}
