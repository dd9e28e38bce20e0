import type { RgbImage } from '../image.js';
import type { DeviceAttempt } from './errors.js';

/** Where a page can compute. */
export type LocalDevice = 'webgpu' | 'wasm';
/** `auto` takes the first of webgpu and wasm that gives the right numbers. */
export type LocalDeviceChoice = LocalDevice | 'auto';

/** How far the loading of a detector is. */
export interface Progress {
  /** Files are fetched (or read from the cache), then opened on a device and probed. */
  stage: 'downloading' | 'opening';
  /** Bytes of all files that are there; from the cache they count as well. */
  done: number;
  /** Bytes of all files. */
  total: number;
}

export type NoticeCode =
  /** The cache cannot be used here; every load downloads. */
  | 'cache-unavailable'
  /** The browser gives no more room; files are used without being kept. */
  | 'cache-full'
  /** A cached file was damaged, and was fetched again. */
  | 'cache-damaged'
  /** The server could not be reached; the version that was loaded last is used. */
  | 'stale'
  /** Only one thread: the page is not cross-origin isolated. */
  | 'one-thread'
  /** The device was lost while the detector was in use, and another one has taken over. */
  | 'device-lost';

/** Something that works, but not as it could. */
export interface Notice {
  code: NoticeCode;
  message: string;
}

/** The files of a bundle, by their names. */
export type BundleFiles =
  | ReadonlyMap<string, Blob | Uint8Array>
  | Readonly<Record<string, Blob | Uint8Array>>
  | Iterable<File>;

/**
 * A bundle: the address of a folder (`https://host/wood/`), of a service's detector
 * (`https://host/v1/detectors/wood@production`), or the files themselves.
 */
export type BundleLocation = string | URL | { files: BundleFiles; name?: string | undefined };

/** Where and how the engine runs. The first detector of a page decides; the others share its worker. */
export interface EngineOptions {
  /**
   * The folder of the SDK's files `dist/assets`, where the page's bundler does not find them by itself. May be on
   * another origin that allows CORS.
   */
  assets?: string | URL | undefined;
  /**
   * Compute in the thread of the call instead of a worker: for workers, servers and the edge. On a page it blocks
   * whatever the user does. Default false.
   */
  inThisThread?: boolean | undefined;
  /**
   * With `inThisThread`, for hosts that cannot import a module by its address: gives the build of onnxruntime-web for a
   * device, with `env.wasm` configured.
   */
  loadRuntime?: ((device: LocalDevice) => Promise<unknown>) | undefined;
}

export interface LoadDetectorOptions extends EngineOptions {
  /** Default `auto`. */
  device?: LocalDeviceChoice | undefined;
  /** Threads of wasm. Default: one per core; one where the page is not cross-origin isolated. The first load decides. */
  threads?: number | undefined;
  /** Keep verified files in the browser's Cache Storage, by their SHA-256. Default true. */
  cache?: boolean | undefined;
  /** Sent with every request for the bundle's files: an API key, as `Authorization: Bearer …`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Whether cookies go along. Default `same-origin`. */
  credentials?: RequestCredentials | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export type { DeviceAttempt, RgbImage };
