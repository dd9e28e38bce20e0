import { type FitMemoryOptions, fitMemory, MEMORY_IMAGES } from './fit-memory.js';
import { memoryScores } from './memory-scores.js';

export interface UnusualImage {
  /** By its place in the feature source. */
  image: number;
  /** How far it is from the others, as a memory of them scores it. */
  score: number;
}

/** What is unusual hides what is like it: after the first round the memory is of the others alone. */
const ROUNDS = 2;

/**
 * The images that are least like the others, the most unusual first: each is compared with a memory of the rest, and again
 * with one that those who stood out took no part in, whatever method the detector has. More images than a memory takes are
 * dealt to several, each image to one.
 *
 * @param share of the images, at least one of them; so many are given, rounded
 */
export async function mostUnusual(
  { images, onProgress, ...options }: FitMemoryOptions,
  share: number,
): Promise<UnusualImage[]> {
  const parts = Math.ceil(images.length / MEMORY_IMAGES);
  const found: UnusualImage[] = [];
  let before = 0;
  for (let part = 0; part < parts; part++) {
    const dealt = images.filter((_, i) => i % parts === part);
    const wanted = Math.max(1, Math.round(share * dealt.length));
    let ranked = dealt.map((image): UnusualImage => ({ image, score: 0 }));
    for (let round = 0; round < ROUNDS; round++) {
      const stoodOut = round === 0 ? 0 : wanted;
      const others = ranked.slice(0, stoodOut).map(({ image }) => image);
      const usual = ranked
        .slice(stoodOut)
        .map(({ image }) => image)
        .sort((a, b) => a - b);
      const { scores, parameters } = await fitMemory({
        ...options,
        images: usual,
        onProgress: (done) => onProgress(before + done, ROUNDS * images.length),
      });
      const outside =
        others.length === 0 ? [] : await memoryScores({ ...options, images: others, parameters });
      ranked = [
        ...usual.map((image, i) => ({ image, score: scores[i]! })),
        ...others.map((image, i) => ({ image, score: outside[i]! })),
      ].sort((left, right) => right.score - left.score);
      before += dealt.length;
    }
    found.push(...ranked.slice(0, wanted));
  }
  return found.sort((left, right) => right.score - left.score);
}
