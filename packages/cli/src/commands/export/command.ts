import type { Command } from 'commander';
import type { ExportFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow export bottle.cflow --output bottle.onnx

The file takes "image", uint8 [batch, 3, height, width], RGB at the detector's input size, and gives "score",
float32 [batch], and "anomaly_map", float32 [batch, height, width]. Preprocessing and weights are inside. Its
metadata hold the threshold (cflow.threshold). Any ONNX Runtime from 1.14 on runs it:

  session = onnxruntime.InferenceSession("bottle.onnx")
  score, anomaly_map = session.run(["score", "anomaly_map"], {"image": pixels})`;

/** `cflow export`. */
export function defineExport(command: Command): void {
  command
    .description('Writes a detector as one plain ONNX file, from pixels to score, for use without cflow.')
    .argument('<bundle>', 'the detector: a folder that "cflow train" wrote')
    .option('-o, --output <file>', 'the ONNX file (default: <name>.onnx)')
    .option('--force', 'overwrite a file that is there')
    .option('--json', 'one JSON object on stdout: path, size, SHA-256, inputs and outputs')
    .addHelpText('after', EXAMPLES)
    .action(async (bundle: string, flags: ExportFlags) => {
      const { runExport } = await import('./run.js');
      await runExport(bundle, flags);
    });
}
