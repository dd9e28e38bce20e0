import type { Feedback } from '@cflow/spec';
import { outlineMask } from './outline-mask.js';
import { predictionKey } from './prediction-key.js';
import type { Registry } from './registry.js';

/** An image that somebody said something of. */
export interface MarkedImage {
  feedback: Feedback;
  /** The file as it was sent. */
  image: Uint8Array;
  /** 40 hexadecimal digits, which look random: the same for the same prediction. */
  id: string;
}

const PAGE = 200;

/** All that was said of a detector's predictions, page by page. */
export async function* eachFeedback(
  registry: Pick<Registry, 'listFeedback'>,
  name: string,
  version?: string | undefined,
): AsyncGenerator<Feedback> {
  let after: string | undefined;
  do {
    const page = await registry.listFeedback(name, { limit: PAGE, after, version });
    yield* page.feedback;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** The kept images of parts that are good or bad, one at a time. */
export async function* markedImages(
  registry: Pick<Registry, 'listFeedback' | 'keptImage'>,
  name: string,
  version?: string | undefined,
): AsyncGenerator<MarkedImage> {
  for await (const feedback of eachFeedback(registry, name, version)) {
    if (!feedback.image || feedback.label === 'unsure') continue;
    // It may have been deleted meanwhile.
    const image = await registry.keptImage(feedback);
    const id = (await predictionKey(feedback)).split('/')[1] as string;
    if (image) yield { feedback, image, id };
  }
}

/** Every how manieth good part is left for testing. */
const HELD_OUT = 4;

/** Whether a good part is to be tested on rather than trained on: always the same ones, a quarter of them. */
export function isHeldOut(id: string): boolean {
  return Number.parseInt(id.slice(0, 8), 16) % HELD_OUT === 0;
}

/**
 * The files of a marked image in a data set of MVTec's layout: good ones to train on, or held out to test on; bad ones, with a
 * mask where regions were drawn. Each file comes in pieces, which are made when they are asked for.
 *
 * @param ending Of the image's format, such as `.png`
 * @param size Of the picture, where it is known: masks have it
 */
export function markedFiles(
  { feedback, image, id }: MarkedImage,
  { ending, holdOut, size }: { ending: string; holdOut: boolean; size?: { width: number; height: number } },
): { path: string; pieces: Iterable<Uint8Array> }[] {
  if (feedback.label !== 'bad') {
    return [
      { path: `${holdOut && isHeldOut(id) ? 'test' : 'train'}/good/${id}${ending}`, pieces: piecesOf(image) },
    ];
  }
  const files: { path: string; pieces: Iterable<Uint8Array> }[] = [
    { path: `test/bad/${id}${ending}`, pieces: piecesOf(image) },
  ];
  const { regions } = feedback;
  if (regions)
    files.push({ path: `ground_truth/bad/${id}_mask.pgm`, pieces: outlineMask(regions, size ?? regions) });
  return files;
}

const PIECE = 2 ** 18;

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}
