import { gaussians, randomStream } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { describe, expect, it } from 'vitest';
import { crossFittedStandards } from './cross-fitted-standards.js';
import { type ImageStandard, imageStandard } from './image-standards.js';

const sample = (images: number, length: number): Float32Array =>
  Float32Array.from(
    gaussians(randomStream(3, `${images}/${length}`), images * length),
    (value, i) => value * (1 + (i % length)),
  );

/** Of numbers that stray within images as they do between them. */
const within = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => 0.3 * (1 + i));
const standardOf = (values: Float32Array, images: number): ImageStandard =>
  imageStandard('extremes', values, images, within(values.length / images));

/** What the head computes. */
function distance(tensors: ReadonlyMap<string, Tensor>, image: Float32Array): number {
  const of = (part: string): Float32Array =>
    (tensors.get(`image.extremes.${part}`) as Tensor).data as Float32Array;
  const [mean, scale, axes, ridge] = [of('mean'), of('scale'), of('axes'), of('ridge')[0]!];
  const q = image.map((value, j) => (value - mean[j]!) / scale[j]!);
  let rest = q.reduce((sum, value) => sum + value * value, 0);
  for (let k = 0; k < axes.length / q.length; k++) {
    let along = 0;
    for (let j = 0; j < q.length; j++) along += axes[k * q.length + j]! * q[j]!;
    rest -= along * along;
  }
  return Math.sqrt(rest / ridge);
}

describe('imageStandard', () => {
  it.each([
    [12, 5],
    [9, 30],
  ])(
    'says of %i images of %i numbers what each is to the others, as if it had been left out',
    (images, length) => {
      const values = sample(images, length);
      const { leftOut } = standardOf(values, images);
      for (let i = 0; i < images; i++) {
        const others = Float32Array.from(values).filter((_, k) => Math.floor(k / length) !== i);
        const { tensors } = standardOf(others, images - 1);
        const truth = distance(tensors, values.slice(i * length, (i + 1) * length));
        // The ridge follows the images that there are, which is all that differs.
        expect(Math.abs(leftOut[i]! / truth - 1)).toBeLessThan(0.35);
      }
    },
  );

  it('measures by what images differ in: far along an axis of much variance is near', () => {
    const values = sample(50, 4);
    const { tensors } = standardOf(values, 50);
    const mean = (tensors.get('image.extremes.mean') as Tensor).data as Float32Array;
    const away = (axis: number): number =>
      distance(
        tensors,
        mean.map((value, j) => value + (j === axis ? 3 : 0)),
      );
    expect(away(0)).toBeGreaterThan(2 * away(3));
  });

  it('works with two images, and with images that are all alike', () => {
    expect(standardOf(sample(2, 6), 2).leftOut.every(Number.isFinite)).toBe(true);
    const { tensors, leftOut } = standardOf(new Float32Array(12).fill(1.5), 3);
    expect([...leftOut]).toEqual([0, 0, 0]);
    expect(distance(tensors, new Float32Array(4).fill(1.5))).toBe(0);
    expect(distance(tensors, new Float32Array(4).fill(2))).toBeGreaterThan(0);
  });

  it('says of another image what the head says', () => {
    const values = sample(9, 30);
    const standard = standardOf(values, 9);
    const other = sample(3, 30).subarray(60);
    expect(standard.distance(other)).toBeCloseTo(distance(standard.tensors, other), 3);
  });
});

/** Images whose numbers go together, as those of features do: eight things they differ in, and noise. */
function alike(trial: number, images: number, length: number): Float32Array {
  const random = (name: string, count: number): Float64Array =>
    Float64Array.from(gaussians(randomStream(trial, name), count));
  const [axes, places, noise] = [
    random('axes', 8 * length),
    random('places', 8 * images),
    random('noise', images * length),
  ];
  return Float32Array.from(noise, (own, at) => {
    const [image, j] = [Math.floor(at / length), at % length];
    let value = own;
    for (let k = 0; k < 8; k++) value += places[8 * image + k]! * axes[k * length + j]!;
    return value * (1 + j);
  });
}

describe('crossFittedStandards', () => {
  it.each([4, 16])('puts unseen images where images of its own are, from %i images on', (images) => {
    const length = 120;
    let [beyond, asked, own, unseen] = [0, 0, 0, 0];
    for (let trial = 0; trial < 20; trial++) {
      const all = alike(trial, images + 10, length);
      const values = all.slice(0, images * length);
      const left = crossFittedStandards('extremes', values, images, within(length));
      const standard = standardOf(values, images);
      for (let i = images; i < images + 10; i++) {
        const far = standard.distance(all.subarray(i * length, (i + 1) * length));
        if (far > Math.max(...left)) beyond++;
        asked++;
        unseen += far / 200;
      }
      own += left.reduce((sum, each) => sum + each, 0) / images / 20;
    }
    expect(own / unseen).toBeGreaterThan(0.85);
    expect(own / unseen).toBeLessThan(1.15);
    // The share that lies beyond the highest of n others is one in n + 1.
    expect(beyond / asked).toBeLessThan(2.5 / (images + 1));
  });
});
