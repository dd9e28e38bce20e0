import { loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { nodeDevices } from '@cflow/runtime/node';
import type { BundleManifest, Prediction, RgbImage } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';

/** A small bundle, images, and what Node says of them: what browsers have to agree with. */
export interface DetectorFixture {
  files: Map<string, Uint8Array>;
  images: { image: RgbImage; png: Uint8Array; expected: Prediction }[];
  /** Standard deviation of scores of good images: what differences are measured by. */
  spread: number;
}

export async function detectorFixture(count = 3): Promise<DetectorFixture> {
  const files = await makeBundle();
  const detector = await loadDetector(memoryBundle(files), { devices: await nodeDevices(), device: 'cpu' });
  try {
    const images: DetectorFixture['images'] = [];
    for (let seed = 0; seed < count; seed++) {
      // Of another size than the detector's, so that resampling is part of what has to agree.
      const image = testImage(seed, 100, 80);
      const expected = await detector.predict(image, { pixelThreshold: 0 });
      images.push({ image, png: await encodePng(image), expected });
    }
    return { files, images, spread: detector.manifest.calibration.scoreSpread };
  } finally {
    await detector.dispose();
  }
}

/** The manifest as an object, without its own hash. */
export function manifestOf(files: ReadonlyMap<string, Uint8Array>): BundleManifest {
  return JSON.parse(new TextDecoder().decode(files.get('manifest.json')));
}
