import { createRequire } from 'node:module';
import { orderCards } from './cuda/card-order.js';
import { engineFolder } from './engine-package.js';
import { multiplyAsAsked } from './precision-mode.js';
import { silenceTelemetry } from './silence-telemetry.js';

// Loaded on first use: the native library is 45 MB, and most of what imports this package never runs a graph in
// its own thread.
type OnnxRuntime = typeof import('onnxruntime-common');

/** @throws DeviceError where no engine is installed; an Error where its library does not load */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  silenceTelemetry();
  multiplyAsAsked();
  orderCards();
  const folder = engineFolder();
  let ort: OnnxRuntime;
  try {
    ort = createRequire(import.meta.url)(folder) as OnnxRuntime;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `ONNX Runtime does not load on ${process.platform}/${process.arch}: ${reason}. ` +
        'It has binaries for linux x64 and arm64 (glibc), darwin arm64 and win32 x64 and arm64',
      { cause: error },
    );
  }
  // Says why a provider's library did not load, which the thrown error leaves out. Warnings are of no use to anyone.
  ort.env.logLevel = 'error';
  return ort;
}
