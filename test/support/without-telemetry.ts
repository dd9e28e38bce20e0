// To be imported before whatever loads onnxruntime-node without the project's own runtime.
process.env.ORT_DISABLE_TELEMETRY = '1';
