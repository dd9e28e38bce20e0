/**
 * ONNX Runtime 1.30 keeps a device id and a database of events in a cache folder, writes to predictable files in the
 * temporary folder, and sends what it has gathered, unless this variable is set when its library is loaded.
 *
 * To be called before anything loads onnxruntime-node; where a worker thread is to load it, in the thread that starts
 * the worker, since the library reads the environment of the process, of which a worker's `process.env` is a copy.
 */
export function silenceTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1';
}
