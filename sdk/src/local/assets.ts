/** Where the SDK's own files are: scripts that are imported by address, and WebAssembly. */
export interface AssetUrls {
  worker: string;
  drawing: string;
  training: string;
  jpeg: string;
  ortWasm: string;
  ortWasmBinary: string;
  ortWebgpu: string;
  ortWebgpuBinary: string;
}

/**
 * The addresses of the SDK's files. Each is written out as `new URL('…', import.meta.url)`, which is the form that Vite,
 * webpack, Rollup and Parcel recognize and copy; every file is complete by itself, so that a copy works anywhere.
 *
 * @param base The folder they were copied to by other means.
 */
export function assetUrls(base?: string | URL): AssetUrls {
  if (base === undefined) {
    return {
      worker: new URL('./assets/worker.js', import.meta.url).href,
      drawing: new URL('./assets/drawing.js', import.meta.url).href,
      training: new URL('./assets/training.js', import.meta.url).href,
      jpeg: new URL('./assets/jpeg.js', import.meta.url).href,
      ortWasm: new URL('./assets/ort-wasm.js', import.meta.url).href,
      ortWasmBinary: new URL('./assets/ort-wasm.wasm', import.meta.url).href,
      ortWebgpu: new URL('./assets/ort-webgpu.js', import.meta.url).href,
      ortWebgpuBinary: new URL('./assets/ort-webgpu.wasm', import.meta.url).href,
    };
  }
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const folder = new URL(base, page);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const at = (file: string): string => new URL(file, folder).href;
  return {
    worker: at('worker.js'),
    drawing: at('drawing.js'),
    training: at('training.js'),
    jpeg: at('jpeg.js'),
    ortWasm: at('ort-wasm.js'),
    ortWasmBinary: at('ort-wasm.wasm'),
    ortWebgpu: at('ort-webgpu.js'),
    ortWebgpuBinary: at('ort-webgpu.wasm'),
  };
}

/**
 * The address under which a script can be imported, or started as a worker, from here: its own on the same origin, that
 * of a copy in memory otherwise, since browsers start no worker of another origin.
 */
export async function importableUrl(url: string): Promise<string> {
  const { origin } = globalThis as { origin?: string };
  const foreign = /^https?:/.test(url) && origin !== undefined && new URL(url).origin !== origin;
  if (!foreign) return url;
  const response = await fetch(url, { credentials: 'omit' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: 'text/javascript' }));
}
