import { Detector } from '@cflow/detector';
import type { Evaluation } from '@cflow/detector/node';
import { evenlySpaced } from '@cflow/images';
import type { ImageLimits } from '@cflow/images/node';
import type { Runtime } from '@cflow/runtime';
import type { GoodImages as PicturedGoodImages } from '@cflow/visual';
import { goodPictures } from '../report/good-pictures.js';
import { reportGalleries } from '../report/report-galleries.js';
import { runReport } from '../report/run-report.js';
import type { FittedDetector } from './fit-detector.js';
import type { GoodImages } from './good-images.js';
import type { FolderRun } from './prepare-folder-run.js';

export interface ReportOfRunOptions {
  folderRun: FolderRun;
  fitted: FittedDetector;
  good: GoodImages;
  evaluation: Evaluation | undefined;
  runtime: Runtime;
  limits: ImageLimits | undefined;
  signal: AbortSignal;
}

/** Good images that are scored once more for the report. */
const MOST_PICTURED = 64;

/** The HTML report of a run on a folder, with pictures of test images, or of good ones where there are none. */
export async function reportOfRun(options: ReportOfRunOptions): Promise<string> {
  const { folderRun, fitted, good, evaluation, limits } = options;
  const { manifest } = fitted.made;
  return runReport({
    manifest,
    plan: folderRun.run.plan,
    decoders: fitted.decoders,
    evaluation: evaluation && {
      ...evaluation,
      ...(await reportGalleries(evaluation.images, manifest, limits)),
    },
    unreadable: good.unreadable,
    unusual: fitted.leftOut,
    goodImages: folderRun.selection.test.length === 0 ? await picturedGoodImages(options) : undefined,
    dataSet: folderRun.report,
  });
}

async function picturedGoodImages({
  folderRun,
  fitted: { made, unseen, calibrationImages },
  good,
  runtime,
  limits,
  signal,
}: ReportOfRunOptions): Promise<PicturedGoodImages> {
  const { range } = folderRun.run.configuration;
  const head = unseen?.memory?.head ?? made.head;
  return goodPictures({
    detector: new Detector({ ...made, head, runtime, dispose: async () => undefined }),
    manifest: made.manifest,
    images: unseen?.memory
      ? unseen.memory.unseen.map(({ image, score }) => ({ item: good.itemAt(image), score }))
      : evenlySpaced(calibrationImages, MOST_PICTURED).map((place) => ({ item: good.itemAt(place) })),
    scores: unseen?.scores,
    decode: { ...limits, range },
    signal,
  });
}
