import type { RawScore, Scorer } from '@cflow/detector';
import type { RgbImage } from '@cflow/spec';

/** Scores of good images in batches, as the detector will give them. */
export async function calibrationScores(
  scorer: Scorer,
  batches: AsyncIterable<RgbImage[]>,
): Promise<number[]> {
  const scores: number[] = [];
  for await (const images of batches)
    scores.push(...(await scorer.score(images)).map(({ score }: RawScore) => score));
  return scores;
}
