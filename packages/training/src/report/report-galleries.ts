import { pixelThresholdOf } from '@cflow/detector';
import type { EvaluatedImage } from '@cflow/detector/node';
import { type DecodeImageOptions, decodeImage, type ImageLimits } from '@cflow/images/node';
import { type BundleManifest, CflowError } from '@cflow/spec';
import { type AnomalyScale, anomalyScale, type GalleryItem } from '@cflow/visual';
import { makeGalleryItem } from '@cflow/visual/node';

const MOST_MISTAKES = 12;
const MOST_EXAMPLES = 12;

/** Pictures for the report: the worst mistakes, and typical images that were judged rightly. */
export async function reportGalleries(
  images: readonly EvaluatedImage[],
  manifest: BundleManifest,
  limits?: ImageLimits,
): Promise<{ mistakes: GalleryItem[]; examples: GalleryItem[] }> {
  const { thresholds } = manifest;
  const distance = ({ prediction }: EvaluatedImage): number => Math.abs(prediction.score - thresholds.score);
  const wrong = images.filter(({ item, prediction }) => item.label !== prediction.label);
  const right = images.filter(({ item, prediction }) => item.label === prediction.label);
  const scale = anomalyScale(pixelThresholdOf(manifest));
  const { range } = manifest.configuration;
  const pictures = async (chosen: readonly EvaluatedImage[]): Promise<GalleryItem[]> => {
    const items: GalleryItem[] = [];
    for (const each of chosen) {
      const item = await galleryItem(each, scale, { ...limits, range });
      if (item) items.push(item);
    }
    return items;
  };
  const worst = [...wrong].sort((a, b) => distance(b) - distance(a)).slice(0, MOST_MISTAKES);
  return { mistakes: await pictures(worst), examples: await pictures(typical(right)) };
}

/** From each kind of defect and from the good images those in the middle of their scores, an equal number of each. */
function typical(images: readonly EvaluatedImage[]): EvaluatedImage[] {
  const groups = new Map<string, EvaluatedImage[]>();
  for (const image of images) {
    const kind = image.item.label === 'good' ? '' : (image.item.defect ?? 'bad');
    const group = groups.get(kind);
    if (group) group.push(image);
    else groups.set(kind, [image]);
  }
  const each = Math.max(1, Math.floor(MOST_EXAMPLES / Math.max(1, groups.size)));
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const sorted = [...group].sort((a, b) => b.prediction.score - a.prediction.score);
      const start = Math.max(0, Math.floor((sorted.length - each) / 2));
      return sorted.slice(start, start + each);
    })
    .slice(0, MOST_EXAMPLES);
}

/** Undefined for an image that has become unreadable since it was scored: a picture less, but a report. */
async function galleryItem(
  { item, prediction, mask }: EvaluatedImage,
  scale: AnomalyScale,
  options: DecodeImageOptions,
): Promise<GalleryItem | undefined> {
  try {
    return await makeGalleryItem(
      {
        name: item.name,
        label: item.label,
        defect: item.defect,
        score: prediction.score,
        falseAlarmProbability: prediction.falseAlarmProbability,
        image: await decodeImage(item.path, options),
        map: prediction.map,
        mask,
      },
      scale,
    );
  } catch (error) {
    if (CflowError.isInstance(error) && error.code === 'image') return undefined;
    throw error;
  }
}
