export { createWebRuntime, type WebRuntimeOptions } from './web/create-web-runtime.js';
export type { OnnxRuntimeWeb, WebDevice } from './web/onnx-runtime-web.js';
export { type WebDevicesOptions, webDevices } from './web/web-devices.js';
