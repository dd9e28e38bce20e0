import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where onnxruntime-node keeps its native libraries, and looks for those of its providers. */
export function onnxRuntimeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(entry), '../bin/napi-v6', process.platform, process.arch);
}
