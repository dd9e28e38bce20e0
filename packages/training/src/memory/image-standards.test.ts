import { gaussians, randomStream } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { describe, expect, it } from 'vitest';
import { imageStandard } from './image-standards.js';

const sample = (images: number, length: number): Float32Array =>
  Float32Array.from(
    gaussians(randomStream(3, `${images}/${length}`), images * length),
    (value, i) => value * (1 + (i % length)),
  );

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
      const { leftOut } = imageStandard('extremes', values, images);
      for (let i = 0; i < images; i++) {
        const others = Float32Array.from(values).filter((_, k) => Math.floor(k / length) !== i);
        const { tensors } = imageStandard('extremes', others, images - 1);
        const truth = distance(tensors, values.slice(i * length, (i + 1) * length));
        // The ridge follows the images that there are, which is all that differs.
        expect(Math.abs(leftOut[i]! / truth - 1)).toBeLessThan(0.35);
      }
    },
  );

  it('measures by what images differ in: far along an axis of much variance is near', () => {
    const values = sample(50, 4);
    const { tensors } = imageStandard('extremes', values, 50);
    const mean = (tensors.get('image.extremes.mean') as Tensor).data as Float32Array;
    const away = (axis: number): number =>
      distance(
        tensors,
        mean.map((value, j) => value + (j === axis ? 3 : 0)),
      );
    expect(away(0)).toBeGreaterThan(2 * away(3));
  });

  it('works with two images, and with images that are all alike', () => {
    expect(imageStandard('extremes', sample(2, 6), 2).leftOut.every(Number.isFinite)).toBe(true);
    const { tensors, leftOut } = imageStandard('extremes', new Float32Array(12).fill(1.5), 3);
    expect([...leftOut]).toEqual([0, 0, 0]);
    expect(distance(tensors, new Float32Array(4).fill(1.5))).toBe(0);
    expect(distance(tensors, new Float32Array(4).fill(2))).toBeGreaterThan(0);
  });
});
