// The same program in every runtime: load the bundle, decode the files, score them, and say what the pixels were.
import { type BundleSource, imageBatch, loadDetector, sha256Hex } from '@cflow/detector';
import type { DeviceCandidate } from '@cflow/runtime';
import { BundleError, type Device, type RgbImage, type SampleRange } from '@cflow/spec';

/** What every runtime is given. */
export interface Work {
  bundle: ReadonlyMap<string, Uint8Array>;
  images: readonly { name: string; bytes: Uint8Array }[];
}

/** What a runtime made of one file. */
export interface ScoredFile {
  name: string;
  score: number;
  /** Absent where the runtime does not show its pixels. */
  pixels?: {
    width: number;
    height: number;
    /** SHA-256 of the decoded RGB, and of the planar bytes that go into the graph. */
    rgbHash: string;
    planarHash: string;
    /** The decoded RGB in base64. */
    rgb: string;
  };
}

export async function scoreFiles(
  { bundle, images }: Work,
  device: Device,
  devices: readonly DeviceCandidate[],
  decode: (bytes: Uint8Array, range: SampleRange | undefined) => Promise<RgbImage>,
): Promise<ScoredFile[]> {
  const detector = await loadDetector(sourceOf(bundle), { devices, device });
  try {
    const { inputSize, range } = detector.manifest.configuration;
    const scored: ScoredFile[] = [];
    for (const { name, bytes } of images) {
      const image = await decode(bytes, range);
      const { score } = await detector.predict(image);
      scored.push({ name, score, pixels: await pixelsOf(image, inputSize) });
    }
    return scored;
  } finally {
    await detector.dispose();
  }
}

/** @param inputSize [height, width] of the detector's input */
export async function pixelsOf(
  image: RgbImage,
  inputSize: readonly [number, number],
): Promise<NonNullable<ScoredFile['pixels']>> {
  const { width, height, data } = image;
  const planar = imageBatch([image], inputSize).data as Uint8Array;
  return {
    width,
    height,
    rgbHash: await sha256Hex(data),
    planarHash: await sha256Hex(planar),
    rgb: toBase64(data),
  };
}

/** The work as `serveWork` offers it. */
export async function fetchWork(origin: string): Promise<Work> {
  const bytesAt = async (path: string): Promise<Uint8Array> => {
    const response = await fetch(`${origin}${path}`);
    if (!response.ok) throw new Error(`${path} answered with status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const listed = JSON.parse(new TextDecoder().decode(await bytesAt('/work.json'))) as {
    bundle: string[];
    images: string[];
  };
  const bundle = new Map<string, Uint8Array>();
  for (const name of listed.bundle) bundle.set(name, await bytesAt(`/bundle/${name}`));
  const images = [];
  for (const name of listed.images) images.push({ name, bytes: await bytesAt(`/images/${name}`) });
  return { bundle, images };
}

export function sourceOf(bundle: ReadonlyMap<string, Uint8Array>): BundleSource {
  return {
    name: 'the bundle',
    async read(file) {
      const bytes = bundle.get(file);
      if (!bytes) throw new BundleError(`the bundle has no ${file}`);
      return bytes;
    },
  };
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}
