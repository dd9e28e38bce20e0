import { makeReport, type PixelSample } from '@cflow/images';
import type { DataSetReport } from '@cflow/sdk';

/**
 * Images whose pixels are looked at: this many evenly spaced ones, and as many with the smallest files, among which black
 * ones are found.
 */
const EVENLY = 24;
const SMALLEST = 24;
/** Pixels of the side that they are drawn at for that. */
const SIDE = 256;

/**
 * How good images are understood, worked out in this page: what `cflow inspect` says about a folder of them. The images stay
 * where they are.
 */
export async function lookAtImages(files: readonly File[], signal: AbortSignal): Promise<DataSetReport> {
  const used = files.map(({ name }) => ({ path: name, name, split: 'train', label: 'good' }) as const);
  const sampled = sampledOf(files);
  const headers: Parameters<typeof makeReport>[0]['headers'][number][] = [];
  const unreadable: number[] = [];
  const samples: PixelSample[] = [];
  for (const [index, file] of files.entries()) {
    signal.throwIfAborted();
    const bitmap = await createImageBitmap(file).catch(() => undefined);
    if (!bitmap) {
      unreadable.push(index);
      continue;
    }
    const format = (file.type.split('/')[1] ?? 'image').toUpperCase();
    headers.push({ width: bitmap.width, height: bitmap.height, format, color: 'color', bits: 8 });
    if (sampled.has(index)) samples.push({ index, ...extremes(bitmap) });
    bitmap.close();
  }
  return makeReport({
    dataSet: { layout: 'glob', name: 'these images', root: '', items: used },
    used,
    headers,
    unreadable,
    copies: await copiesOf(files, signal),
    samples,
    masks: [],
  });
}

function sampledOf(files: readonly File[]): Set<number> {
  const step = Math.max(1, files.length / EVENLY);
  const chosen = new Set(
    Array.from({ length: Math.min(EVENLY, files.length) }, (_, i) => Math.trunc(i * step)),
  );
  const bySize = files.map(({ size }, index) => ({ size, index })).sort((a, b) => a.size - b.size);
  for (const { index } of bySize.slice(0, SMALLEST)) chosen.add(index);
  return chosen;
}

function extremes(bitmap: ImageBitmap): Omit<PixelSample, 'index'> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.min(SIDE, bitmap.width);
  canvas.height = Math.min(SIDE, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser gives no pixels of pictures.');
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let [least, most, sum] = [255, 0, 0];
  for (let i = 0; i < data.length; i++) {
    // Alpha says nothing.
    if (i % 4 === 3) continue;
    const value = data[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
    sum = (Math.imul(sum, 31) + value) | 0;
  }
  const hash = `${bitmap.width}x${bitmap.height} ${sum}`;
  return { least, most, deep: false, range: { low: 0, high: 255 }, misfit: undefined, hash };
}

/** Files that are byte for byte the same, in groups. */
async function copiesOf(files: readonly File[], signal: AbortSignal): Promise<number[][]> {
  const bySize = new Map<number, number[]>();
  for (const [index, { size }] of files.entries()) bySize.set(size, [...(bySize.get(size) ?? []), index]);
  const byContent = new Map<string, number[]>();
  for (const group of bySize.values()) {
    if (group.length === 1) continue;
    for (const index of group) {
      signal.throwIfAborted();
      const content = checksum(new Uint8Array(await (files[index] as File).arrayBuffer()));
      byContent.set(content, [...(byContent.get(content) ?? []), index]);
    }
  }
  return [...byContent.values()].filter(({ length }) => length > 1);
}

/** FNV-1a, twice with different starting values: `crypto.subtle` is missing where a page came over plain HTTP. */
function checksum(bytes: Uint8Array): string {
  let [one, two] = [0x811c9dc5, 0x1b873593];
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193);
    two = Math.imul(two ^ byte, 0x01000193);
  }
  return `${bytes.length} ${one >>> 0} ${two >>> 0}`;
}
