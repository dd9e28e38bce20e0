import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvaluatedImage, Evaluation } from '@cflow/detector/node';
import { resizeBilinear } from '@cflow/images';
import { decodeImage, type ImageLimits } from '@cflow/images/node';
import { csvLine } from '@cflow/line';
import type { BundleManifest, RgbImage } from '@cflow/spec';
import { contactSheet, type Tile } from '@cflow/visual';
import { writePng } from '@cflow/visual/node';
import { annotate } from '../../annotate.js';
import { OutputNames } from '../../output-names.js';
import { formatNumber } from '../../terminal/format.js';
import type { EvaluationResult } from './evaluation-result.js';

/** Most pictures: the clearest of the mistakes. */
const MOST_MISTAKES = 100;
const MOST_TILES = 40;
/** Longest side of a tile of the contact sheet, in pixels. */
const TILE_SIZE = 224;

/** How pictures are read and drawn. */
interface Drawing {
  manifest: BundleManifest;
  limits: ImageLimits | undefined;
}

/** Writes all scores as CSV and JSON, the mistakes as overlays, and a contact sheet of mistakes and examples. */
export async function writeEvaluation(
  folder: string,
  result: EvaluationResult,
  { images }: Evaluation,
  { threshold, ...drawing }: { threshold: number } & Drawing,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const mistakes = worstFirst(
    images.filter((image) => isMistake(image)),
    threshold,
  ).slice(0, MOST_MISTAKES);
  // A folder of an earlier evaluation must not mix its mistakes with these.
  await rm(join(folder, 'mistakes'), { recursive: true, force: true });
  const names = new OutputNames();
  const tiles: Tile[] = [];
  for (const image of mistakes) {
    const picture = await pictureOf(image, drawing);
    const path = join(folder, 'mistakes', names.take(image.item.name, '.png'));
    await mkdir(dirname(path), { recursive: true });
    await writePng(path, picture);
    if (tiles.length < MOST_TILES) tiles.push({ image: small(picture), caption: captionOf(image) });
  }
  for (const image of examples(images, MOST_TILES - tiles.length)) {
    tiles.push({ image: small(await pictureOf(image, drawing)), caption: captionOf(image) });
  }
  await writePng(join(folder, 'contact-sheet.png'), contactSheet(tiles, { tileSize: TILE_SIZE }));
  await writeFile(join(folder, 'scores.csv'), scoresCsv(images));
  await writeFile(
    join(folder, 'evaluation.json'),
    `${JSON.stringify({ ...result, scores: images.map(rowOf) }, null, 2)}\n`,
  );
}

const isMistake = ({ item, prediction }: EvaluatedImage): boolean => item.label !== prediction.label;

function worstFirst(images: readonly EvaluatedImage[], threshold: number): EvaluatedImage[] {
  const distance = ({ prediction }: EvaluatedImage): number => Math.abs(prediction.score - threshold);
  return [...images].sort((a, b) => distance(b) - distance(a));
}

/** Correctly judged images, spread over good ones and kinds of defect, from each group in turn. */
function examples(images: readonly EvaluatedImage[], most: number): EvaluatedImage[] {
  const groups = new Map<string, EvaluatedImage[]>();
  for (const image of images) {
    if (isMistake(image)) continue;
    const kind = image.item.label === 'good' ? '' : (image.item.defect ?? 'bad');
    groups.set(kind, [...(groups.get(kind) ?? []), image]);
  }
  const chosen: EvaluatedImage[] = [];
  const each = Math.max(1, Math.min(5, Math.floor(most / Math.max(1, groups.size))));
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // Evenly spaced in the order of their scores, so that easy and hard ones are both seen.
    const sorted = [...group].sort((a, b) => b.prediction.score - a.prediction.score);
    const step = Math.max(1, sorted.length / each);
    for (let i = 0; i < Math.min(each, sorted.length); i++) {
      chosen.push(sorted[Math.floor(i * step)] as EvaluatedImage);
    }
  }
  return chosen.slice(0, most);
}

async function pictureOf(
  { item, prediction, mask }: EvaluatedImage,
  { manifest, limits }: Drawing,
): Promise<RgbImage> {
  const { range } = manifest.configuration;
  return annotate(await decodeImage(item.path, { ...limits, range }), prediction, manifest, mask);
}

/** At the size of a tile: all tiles are held until the sheet is made, and images may be large. */
function small(image: RgbImage): RgbImage {
  const scale = TILE_SIZE / Math.max(image.width, image.height);
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return scale < 1 ? resizeBilinear(image, side(image.width), side(image.height)) : image;
}

function captionOf({ item, prediction }: EvaluatedImage): string {
  const what = item.label === 'bad' ? (item.defect ?? 'bad') : 'good';
  const mistake = item.label === prediction.label ? '' : item.label === 'good' ? ' FALSE ALARM' : ' MISSED';
  return `${what} ${formatNumber(prediction.score)}${mistake}`;
}

interface ScoreRow {
  image: string;
  label: string;
  defect: string | null;
  score: number;
  falseAlarmProbability: number;
  predicted: string;
}

function rowOf({ item, prediction }: EvaluatedImage): ScoreRow {
  return {
    image: item.name,
    label: item.label,
    defect: item.defect ?? null,
    score: prediction.score,
    falseAlarmProbability: prediction.falseAlarmProbability,
    predicted: prediction.label,
  };
}

function scoresCsv(images: readonly EvaluatedImage[]): string {
  const header = ['image', 'label', 'defect', 'score', 'false_alarm_probability', 'predicted'];
  const rows = images.map((image) => Object.values(rowOf(image)));
  return [header, ...rows].map((row) => `${csvLine(row)}\r\n`).join('');
}
