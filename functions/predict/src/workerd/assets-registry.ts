import { parseManifest, sha256Hex } from '@cflow/detector';
import {
  BUNDLE_FILES,
  BundleError,
  type BundleManifest,
  DEFAULT_ALIAS,
  MAX_MANIFEST_BYTES,
  StorageError,
} from '@cflow/spec';
import { RegistryError, type RegistryFile, type RegistryReader, readAll, streamOf } from '@cflow/store';
import type { Fetcher } from './bindings.js';

export interface AssetsRegistryOptions {
  assets: Fetcher;
  /** Names of the detectors: files that are deployed with a Worker cannot be listed. */
  detectors: readonly string[];
  /** Where their bundles lie: each is the folder `<path>/<name>/`. */
  path: string;
}

interface Deployed {
  version: string;
  bytes: Uint8Array;
  manifest: BundleManifest;
}

/**
 * Bundles that were deployed with the Worker as static files: one version of each detector, known as `latest` and
 * by the first digits of its version.
 */
export function assetsRegistry({ assets, detectors, path }: AssetsRegistryOptions): RegistryReader {
  const name = 'the assets of the Worker';
  const folder = path.replace(/^\/+|(?<!\/)\/+$/g, '');
  const known = new Map<string, Deployed>();

  const get = async (detector: string, file: string, range?: string): Promise<Response> => {
    const place = [...folder.split('/'), detector, file].filter((part) => part !== '');
    const url = `https://assets.invalid/${place.map(encodeURIComponent).join('/')}`;
    const response = await assets.fetch(url, range === undefined ? {} : { headers: { range } });
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) {
      throw new BundleError(`${name} have no ${file} of "${detector}"; deploy the whole bundle`, {
        details: { file, detector },
      });
    }
    throw new StorageError('store', `${name} answered ${response.status} for ${file} of "${detector}"`, {
      retryable: response.status >= 500,
      details: { file, detector, status: response.status },
    });
  };

  // What was deployed stays as it is for as long as this code runs.
  const deployed = async (detector: string): Promise<Deployed> => {
    const found = known.get(detector);
    if (found) return found;
    if (!detectors.includes(detector)) {
      throw new RegistryError('not-found', `there is no detector "${detector}"`, {
        details: { name: detector },
      });
    }
    const response = await get(detector, BUNDLE_FILES.manifest);
    const bytes = await readAll(bodyOf(response), MAX_MANIFEST_BYTES, BUNDLE_FILES.manifest);
    const manifest = await parseManifest(bytes, detector);
    const entry = { version: await sha256Hex(bytes), bytes, manifest };
    known.set(detector, entry);
    return entry;
  };

  const resolve = async (detector: string, reference: string): Promise<string> => {
    const { version } = await deployed(detector);
    const digits = /^[0-9a-f]{8,64}$/.test(reference);
    if (digits ? version.startsWith(reference) : reference === DEFAULT_ALIAS) return version;
    throw new RegistryError(
      'not-found',
      `detector "${detector}" has no version "${reference}" here; with a Worker's assets there is one, ${version.slice(0, 12)}`,
      { details: { name: detector, reference } },
    );
  };

  const detailOf = async (detector: string): ReturnType<RegistryReader['version']> => {
    const found = await deployed(detector);
    const { version, manifest } = found;
    const files = Object.values(manifest.files).reduce((sum, each) => sum + each.bytes, found.bytes.length);
    const { createdAt } = manifest;
    return { name: detector, version, createdAt, aliases: [DEFAULT_ALIAS], bytes: files, manifest };
  };

  const settings: RegistryReader['settings'] = async (detector) => {
    await deployed(detector);
    return { name: detector, revision: 0 };
  };

  const file = async (
    detector: string,
    version: string,
    wanted: string,
    range?: { start: number; end: number },
  ): Promise<RegistryFile> => {
    await resolve(detector, version);
    const { bytes, manifest } = await deployed(detector);
    if (wanted === BUNDLE_FILES.manifest) {
      const part = range ? bytes.slice(range.start, range.end + 1) : bytes;
      return { name: wanted, size: bytes.length, sha256: version, body: streamOf(part) };
    }
    const listed = manifest.files[wanted];
    if (!listed) {
      throw new RegistryError('not-found', `version ${version.slice(0, 12)} has no file "${wanted}"`, {
        details: { file: wanted },
      });
    }
    if (range && range.start >= listed.bytes) {
      return { name: wanted, size: listed.bytes, sha256: listed.sha256, body: streamOf(new Uint8Array()) };
    }
    const response = await get(detector, wanted, range && `bytes=${range.start}-${range.end}`);
    // Who serves assets may answer a range with the whole file.
    const cut = range && response.status !== 206;
    const body = cut
      ? streamOf((await readAll(bodyOf(response), listed.bytes, wanted)).slice(range.start, range.end + 1))
      : bodyOf(response);
    return { name: wanted, size: listed.bytes, sha256: listed.sha256, body };
  };

  return {
    name,
    async listDetectors({ limit, after }) {
      const rest = [...detectors].sort().filter((each) => after === undefined || each > after);
      const page = rest.slice(0, limit);
      const listed = page.map(async (each) => ({
        name: each,
        aliases: { [DEFAULT_ALIAS]: (await deployed(each)).version },
      }));
      return {
        detectors: await Promise.all(listed),
        next: rest.length > limit ? (page.at(-1) as string) : null,
      };
    },
    async listVersions(detector, { after }) {
      const { manifest: _, ...summary } = await detailOf(detector);
      return { versions: after === undefined ? [summary] : [], next: null };
    },
    aliases: async (detector) => ({ [DEFAULT_ALIAS]: (await deployed(detector)).version }),
    resolve,
    settings,
    async version(detector, version) {
      await resolve(detector, version);
      return detailOf(detector);
    },
    bundle: (detector, version) => ({
      name: `${detector}@${version.slice(0, 12)}`,
      async read(wanted) {
        const { body, size } = await file(detector, version, wanted).catch((cause: unknown) => {
          if (!(cause instanceof RegistryError)) throw cause;
          throw new BundleError(cause.message, { cause, details: { file: wanted } });
        });
        return readAll(body, size, wanted);
      },
    }),
    file: (detector, version, wanted, { range } = {}) => file(detector, version, wanted, range),
  };
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  return (response.body ?? streamOf(new Uint8Array())) as ReadableStream<Uint8Array>;
}
