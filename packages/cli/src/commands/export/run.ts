import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { sha256Hex, verifyBundle } from '@cflow/detector';
import { folderBundle, storageErrorOf } from '@cflow/detector/node';
import { PICTURE } from '@cflow/detector/one-graph';
import { writeAtomically } from '@cflow/model/node';
import { ConfigurationError, type Geometry } from '@cflow/spec';
import { formatBytes, formatNumber } from '../../terminal/format.js';
import { printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { exportModel } from './export-model.js';
import type { ExportFlags } from './flags.js';

/** What the caller has to do to a picture, where that is more than resizing it. */
const KEPT: Readonly<Record<Geometry, string>> = {
  squeeze: '',
  pad: ': the picture in the middle, its shape kept, mirrored at its edges',
  crop: ': the middle of the picture, its shape kept',
  tiles: ', a whole picture, which it cuts into tiles',
};

/** From the command line to an ONNX file. */
export async function runExport(folder: string, flags: ExportFlags): Promise<void> {
  const output = flags.output ?? `${basename(resolve(folder)).replace(/\.cflow$/, '')}.onnx`;
  if (!flags.force && (await exists(output))) {
    throw new ConfigurationError(`"${output}" exists; give another --output, or --force to overwrite it`);
  }
  const bundle = await verifyBundle(folderBundle(folder));
  const model = exportModel(bundle);
  try {
    await writeAtomically(resolve(output), (file) => file.writeFile(model));
  } catch (error) {
    throw storageErrorOf(error, output);
  }
  const { configuration, thresholds, region } = bundle.manifest;
  const input = region ? PICTURE : 'image';
  const { geometry } = configuration;
  const [height, width] = configuration.inputSize;
  if (flags.json) {
    const result = {
      path: output,
      bytes: model.length,
      sha256: await sha256Hex(model),
      inputs: { [input]: ['uint8', 'batch', 3, height, width] },
      outputs: { score: ['float32', 'batch'], anomaly_map: ['float32', 'batch', height, width] },
      geometry: geometry ?? 'squeeze',
      threshold: thresholds.score,
    };
    printLine(JSON.stringify(result));
    return;
  }
  printLine(printable(`${output} (${formatBytes(model.length)})`));
  printLine(`takes  ${input}: uint8 [batch, 3, ${height}, ${width}], RGB${KEPT[geometry ?? 'squeeze']}`);
  printLine(`gives  score: float32 [batch]; bad from ${formatNumber(thresholds.score)} on`);
  printLine(`       anomaly_map: float32 [batch, ${height}, ${width}]`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
