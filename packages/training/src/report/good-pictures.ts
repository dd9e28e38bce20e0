import { type Detector, pixelThresholdOf } from '@cflow/detector';
import { falseAlarmProbability } from '@cflow/evaluation';
import { type DecodeImageOptions, decodeImage } from '@cflow/images/node';
import {
  type BundleManifest,
  CflowError,
  type DataSetItem,
  type RgbImage,
  type ScalarMap,
} from '@cflow/spec';
import {
  anomalyScale,
  drawRegions,
  type GalleryItem,
  type GoodImages,
  type ReportView,
  renderHeatMap,
} from '@cflow/visual';
import { encodeReportPicture, makeGalleryItem } from '@cflow/visual/node';

export interface GoodPicturesOptions {
  /** One that has not seen the images. */
  detector: Pick<Detector, 'predict'>;
  manifest: BundleManifest;
  /** Good images; with a score where one is known that is better than what `detector` says. */
  images: readonly { item: DataSetItem; score?: number | undefined }[];
  /** Scores of good images that took no part in what scored them; default: those of `images`. */
  scores?: readonly number[] | undefined;
  decode: DecodeImageOptions;
  signal: AbortSignal;
}

const MOST_UNUSUAL = 8;
/** Pixels of a picture's longest side in which a grid is drawn. */
const VIEW_SIDE = 512;
/** Levels of the backbone that are shown. */
const MOST_LEVELS = 3;

interface Seen {
  item: DataSetItem;
  score: number;
  image: RgbImage;
  map: ScalarMap;
}

/** What good images alone can show: those least like the others, where good parts vary, and how fine is looked. */
export async function goodPictures(options: GoodPicturesOptions): Promise<GoodImages> {
  const { detector, manifest, images, decode, signal } = options;
  const scores: number[] = [];
  const mean = new MeanMap();
  let unusual: Seen[] = [];
  let usual: Seen | undefined;
  for (const { item, score: known } of images) {
    const image = await readable(item.path, decode);
    if (!image) continue;
    const prediction = await detector.predict(image, { signal });
    const seen: Seen = { item, score: known ?? prediction.score, image, map: prediction.map };
    scores.push(seen.score);
    mean.add(prediction.map);
    if (!usual || seen.score < usual.score) usual = seen;
    unusual = [...unusual, seen].sort((a, b) => b.score - a.score).slice(0, MOST_UNUSUAL);
  }
  return {
    scores: options.scores ?? scores,
    unusual: await galleryOf(unusual, manifest),
    views: usual ? [...(await meanView(mean, manifest)), ...(await levelViews(usual.image, manifest))] : [],
  };
}

async function galleryOf(unusual: readonly Seen[], manifest: BundleManifest): Promise<GalleryItem[]> {
  const scale = anomalyScale(pixelThresholdOf(manifest));
  const items: GalleryItem[] = [];
  for (const { item, score, image, map } of unusual) {
    const probability = falseAlarmProbability(manifest.calibration.score, score);
    items.push(
      await makeGalleryItem(
        { name: item.name, label: 'good', score, falseAlarmProbability: probability, image, map },
        scale,
      ),
    );
  }
  return items;
}

/** The mean of the maps, on a scale that ends at the threshold. */
async function meanView(mean: MeanMap, manifest: BundleManifest): Promise<ReportView[]> {
  const map = mean.map;
  if (!map || mean.count < 2) return [];
  const threshold = pixelThresholdOf(manifest);
  const least = map.data.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = map.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const picture = await encodeReportPicture(
    renderHeatMap(map, { min: least, max: Math.max(most, threshold) }),
  );
  return [
    {
      picture,
      title: 'Where good parts vary',
      caption: `The mean of the anomaly maps of ${mean.count} good images that the detector had not seen: blue where they are alike, red where they come near the threshold. What lights up here costs sensitivity: light, position and background that can be kept still are worth it.`,
    },
  ];
}

/** How fine each level of the backbone looks: its places on a picture. */
async function levelViews(image: RgbImage, { layers }: BundleManifest): Promise<ReportView[]> {
  const { picture: small, scale } = shrunk(image);
  const views: ReportView[] = [];
  for (const [level, { width, height }] of layers.slice(0, MOST_LEVELS).entries()) {
    const cells = Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const [cellWidth, cellHeight] = [small.width / width, small.height / height];
      return {
        box: {
          x: Math.round(x * cellWidth),
          y: Math.round(y * cellHeight),
          width: Math.max(1, Math.round(cellWidth) - 1),
          height: Math.max(1, Math.round(cellHeight) - 1),
        },
      };
    });
    const side = (pixels: number, places: number): number => Math.round(pixels / scale / places);
    views.push({
      picture: await encodeReportPicture(drawRegions(small, cells, { lineWidth: 1 })),
      title: `Level ${level + 1} of ${layers.length}`,
      caption: `${width} x ${height} places, each of about ${side(small.width, width)} x ${side(small.height, height)} pixels of the picture. A defect much smaller than the finest place is hardly seen.`,
    });
  }
  return views;
}

/** Small enough for a grid to be drawn in, by taking every nth pixel. */
function shrunk(image: RgbImage): { picture: RgbImage; scale: number } {
  const step = Math.max(1, Math.ceil(Math.max(image.width, image.height) / VIEW_SIDE));
  const [width, height] = [Math.ceil(image.width / step), Math.ceil(image.height / step)];
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * step * image.width + x * step);
      for (let c = 0; c < 3; c++) data[to++] = image.data[from + c]!;
    }
  }
  return { picture: { width, height, data }, scale: 1 / step };
}

/** The mean of maps of one size; undefined for maps of several sizes. */
class MeanMap {
  #sum: Float64Array | undefined;
  #size = { width: 0, height: 0 };
  count = 0;

  add({ width, height, data }: ScalarMap): void {
    this.#sum ??= new Float64Array(data.length);
    if (this.count === 0) this.#size = { width, height };
    if (width !== this.#size.width || height !== this.#size.height) return;
    const sum = this.#sum;
    data.forEach((value, i) => {
      // What is left out has no value.
      if (Number.isFinite(value)) sum[i] = sum[i]! + value;
    });
    this.count++;
  }

  get map(): ScalarMap | undefined {
    if (!this.#sum) return undefined;
    return { ...this.#size, data: Float32Array.from(this.#sum, (sum) => sum / this.count) };
  }
}

/** Undefined for an image that has become unreadable: a picture less, but a report. */
async function readable(path: string, options: DecodeImageOptions): Promise<RgbImage | undefined> {
  try {
    return await decodeImage(path, options);
  } catch (error) {
    if (CflowError.isInstance(error) && error.code === 'image') return undefined;
    throw error;
  }
}
