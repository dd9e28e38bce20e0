import type { ImageError, LayerLogLikelihood, Prediction, Region } from '@cflow/spec';
import { count, formatNumber, formatPercent } from '../../terminal/format.js';
import { printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { shorten, Table } from '../../terminal/table.js';
import type { WrittenFiles } from './prediction-files.js';

export interface PredictedImage {
  name: string;
  /** The image's own size in pixels. */
  original: { width: number; height: number };
  prediction: Prediction;
  written: WrittenFiles;
}

/** Says what was found, image by image. */
export interface PredictionPrinter {
  prediction(image: PredictedImage): void;
  unreadable(name: string, error: ImageError): void;
}

const LONGEST_NAME = 60;

/** A table for people; images that could not be read are told apart, on stderr. */
export class TablePrinter implements PredictionPrinter {
  readonly #table: Table;
  #begun = false;

  constructor(names: readonly string[]) {
    const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
    this.#table = new Table([
      { title: 'image', width: Math.min(LONGEST_NAME, longest) },
      { title: 'score', align: 'right', width: 8 },
      { title: 'false alarm', align: 'right', width: 11 },
      { title: 'label', width: 5 },
      { title: 'regions' },
    ]);
  }

  prediction({ name, prediction }: PredictedImage): void {
    if (!this.#begun) printLine(this.#table.header());
    this.#begun = true;
    const { score, falseAlarmProbability, label, regions } = prediction;
    const cells = [
      shorten(printable(name), LONGEST_NAME),
      formatNumber(score),
      formatPercent(falseAlarmProbability),
      label,
      regionsText(regions),
    ];
    printLine(this.#table.row(cells));
  }

  unreadable(): void {}
}

function regionsText(regions: readonly Region[]): string {
  const [first] = regions;
  if (!first) return '';
  const { x, y, width, height } = first.box;
  return `${count(regions.length, 'region')}, the highest ${width}x${height} at ${x},${y}`;
}

/** One JSON object per line; an image that could not be read has `error` instead of a score. */
export class JsonPrinter implements PredictionPrinter {
  prediction({ name, original, prediction, written }: PredictedImage): void {
    // What `imageSize` says.
    const { map, layers, original: _, ...rest } = prediction;
    const line = {
      image: name,
      ...rest,
      imageSize: original,
      mapSize: { width: map.width, height: map.height },
      ...(layers && { layers: layers.map(layerSummary) }),
      ...written,
    };
    printLine(JSON.stringify(line));
  }

  unreadable(name: string, error: ImageError): void {
    printLine(JSON.stringify({ image: name, error: { message: error.message, ...error.details } }));
  }
}

function layerSummary({ layer, width, height, data }: LayerLogLikelihood): Record<string, unknown> {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { layer, width, height, min, max, mean: sum / data.length };
}
