// What a run on a folder decides before it computes anything.
import { resolve } from 'node:path';
import { checkRegionGeometry } from '@cflow/detector/node';
import { checkReport, examineDataSet, withRegion } from '@cflow/images/node';
import type { DataSet, DataSetItem, DataSetReport } from '@cflow/spec';
import { chooseBackbone } from '../backbone/choose-backbone.js';
import { namedBackbone } from '../backbone/named-backbone.js';
import { hashOfBackbone } from '../backbone/training-backbone.js';
import { readRegion } from '../images/read-region.js';
import { type ImageSelection, selectImages } from '../images/select-images.js';
import { chooseGeometry } from '../plan/choose-geometry.js';
import { planTraining } from '../plan/plan.js';
import { reportedRange } from '../plan/reported-range.js';
import { type PreparedRun, prepareRun } from '../prepare/prepare-run.js';
import type { TrainingDevice } from '../prepare/training-device.js';
import { checkBackbone } from './check-training.js';
import { imagesFingerprint, RunFolder, type RunIdentity } from './run-folder.js';
import type { AskedTraining } from './train-detector-options.js';

/** A run on a folder about which everything is decided but its numbers. */
export interface FolderRun {
  run: PreparedRun;
  dataSet: DataSet;
  report: DataSetReport;
  selection: ImageSelection;
  /** The good images, those to train on first. */
  items: readonly DataSetItem[];
  backboneSha256: string;
  imagesSha256: string;
}

/** The backbone, which may have to be fetched, and is known to be there when images are looked at. */
export async function chooseNetwork(options: AskedTraining): Promise<string> {
  const { configuration, output, resume, signal, onEvent } = options;
  if (configuration?.backbone !== undefined) return configuration.backbone;
  const before = resume ? await RunFolder.backboneOf(output) : undefined;
  const backbone = await chooseBackbone(before, signal, onEvent);
  await checkBackbone(backbone, options);
  return backbone;
}

/** What is understood of the data set, told before anything is trained. */
export async function understandDataSet(
  options: AskedTraining,
): Promise<{ dataSet: DataSet; report: DataSetReport }> {
  const { signal, limits, configuration, onEvent } = options;
  const understood = await examineDataSet(
    await withRegion(options.dataSet, options.region && resolve(options.region), signal),
    { signal, limits, range: configuration?.range },
  );
  onEvent({ type: 'data-set', report: understood.report });
  // Without an evaluation nobody needs the masks.
  checkReport(understood.report, { masks: options.evaluate !== false });
  return understood;
}

/** Chooses geometry, images and region, and plans the run. */
export async function prepareFolderRun(
  options: AskedTraining,
  backboneName: string,
  { dataSet, report }: { dataSet: DataSet; report: DataSetReport },
): Promise<FolderRun> {
  const { name, weights, limits, precision = 'float32' } = options;
  const asked = options.configuration ?? {};
  const planned = planTraining(
    options.preset,
    {
      ...asked,
      backbone: backboneName,
      ...chooseGeometry(asked, report, options.preset),
      range: asked.range ?? reportedRange(report),
    },
    options.overrides,
  );
  const { inputSize, geometry, seed } = planned.configuration;
  const selection = selectImages(dataSet, planned.plan.validationFraction, seed);
  const backbone = await namedBackbone(planned.configuration, weights, precision);
  const backboneSha256 = await hashOfBackbone(backbone);
  const region =
    dataSet.region === undefined
      ? undefined
      : await readRegion(dataSet.region, report, { inputSize, geometry }, limits);
  const regionPerImage = (report.regions ?? 0) > 0;
  if (regionPerImage) checkRegionGeometry(geometry);
  const run = {
    ...prepareRun(name, planned, backbone, selection.train.length),
    ...(region && { region }),
    ...(regionPerImage && { regionPerImage }),
  };
  const items = [...selection.train, ...selection.heldOut];
  const imagesSha256 = await imagesFingerprint(items);
  return { run, dataSet, report, selection, items, backboneSha256, imagesSha256 };
}

/** Everything that the result depends on. */
export function identityOf(
  { run, backboneSha256, imagesSha256 }: FolderRun,
  { device, threads }: TrainingDevice,
): RunIdentity {
  const { configuration, plan, backbone, region } = run;
  return {
    configuration,
    plan,
    precision: backbone.precision,
    backbone: backboneSha256,
    device,
    threads,
    images: imagesSha256,
    ...(region && { region: region.runs }),
  };
}
