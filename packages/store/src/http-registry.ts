import { sha256Hex } from '@cflow/detector';
import {
  BUNDLE_FILES,
  BundleError,
  detectorPageSchema,
  detectorSettingsSchema,
  detectorSummarySchema,
  MAX_MANIFEST_BYTES,
  StorageError,
  versionDetailSchema,
  versionPageSchema,
} from '@cflow/spec';
import { type HttpRegistryOptions, ServiceRequests } from './http-request.js';
import { readAll } from './read-all.js';
import { incomplete, readAgain } from './read-whole.js';
import type { RegistryFile, RegistryReader } from './registry.js';
import { RegistryError } from './registry-error.js';

const MAX_FILE_BYTES = 2 ** 32;

/**
 * The registry of a service, over its HTTP API. For Node, browsers and the edge. @throws ConfigurationError for a malformed
 * address
 */
export function httpRegistry(options: HttpRegistryOptions): RegistryReader {
  const requests = new ServiceRequests(options);
  const base = ['v1', 'detectors'];

  const file: RegistryReader['file'] = async (detector, version, name, { range, signal } = {}) => {
    const path = [...base, detector, 'versions', version, 'files', name];
    const response = await requests.get(path, {
      signal,
      ...(range && { headers: { range: `bytes=${range.start}-${range.end}` }, accept: [416] }),
    });
    return fileOf(requests, name, response, range, signal);
  };

  return {
    name: requests.name,
    listDetectors: (page) => requests.json(base, detectorPageSchema, { ...page }),
    listVersions: (detector, page) =>
      requests.json([...base, detector, 'versions'], versionPageSchema, { ...page }),
    aliases: async (detector) => (await requests.json([...base, detector], detectorSummarySchema)).aliases,
    resolve: async (detector, reference) =>
      (await requests.json([...base, detector, 'versions', reference], versionDetailSchema)).version,
    async version(detector, version) {
      const found = await requests.json([...base, detector, 'versions', version], versionDetailSchema);
      // The address also takes aliases; this method does not.
      if (found.version === version) return found;
      throw new RegistryError('not-found', `detector "${detector}" has no version "${version}"`, {
        details: { name: detector, version },
      });
    },
    async settings(detector) {
      try {
        return await requests.json([...base, detector, 'settings'], detectorSettingsSchema);
      } catch (error) {
        // A service from before there were settings has nothing at this address.
        if (error instanceof RegistryError && error.code === 'not-found')
          return { name: detector, revision: 0 };
        throw error;
      }
    },
    bundle(detector, version) {
      const name = `${detector}@${version.slice(0, 12)}`;
      return {
        name,
        async read(wanted) {
          const manifest = wanted === BUNDLE_FILES.manifest;
          const once = async (): Promise<Uint8Array> => {
            const { body, size } = await file(detector, version, wanted);
            const most = manifest ? MAX_MANIFEST_BYTES : Math.min(size, MAX_FILE_BYTES);
            const bytes = await readAll(body, most, `${wanted} of bundle "${name}"`);
            if (bytes.length !== size) throw incomplete(requests.name, wanted, bytes.length, size);
            if (manifest && (await sha256Hex(bytes)) !== version) {
              throw new BundleError(
                `${wanted} of bundle "${name}" is not that of its version; get it again`,
                {
                  details: { file: wanted, expected: version },
                },
              );
            }
            return bytes;
          };
          try {
            return await readAgain(once);
          } catch (cause) {
            if (!(cause instanceof RegistryError) || cause.code !== 'not-found' || manifest) throw cause;
            throw new BundleError(`bundle "${name}" has no ${wanted}`, { cause, details: { file: wanted } });
          }
        },
      };
    },
    file,
  };
}

/** @throws StorageError when the answer does not say what a file's answer has to say */
function fileOf(
  requests: ServiceRequests,
  name: string,
  response: Response,
  range: { start: number; end: number } | undefined,
  signal: AbortSignal | undefined,
): RegistryFile {
  const sha256 = /^"([0-9a-f]{64})"$/.exec(response.headers.get('etag') ?? '')?.[1];
  const whole = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  const size = Number(whole ?? response.headers.get('content-length') ?? Number.NaN);
  // 416: the range begins behind the end, where there are no bytes.
  const partial = response.status === 206 || response.status === 416;
  const sound = Number.isSafeInteger(size) && size >= 0 && partial === (range !== undefined);
  if (!sound || (sha256 === undefined && response.status !== 416)) {
    void response.body?.cancel();
    throw new StorageError('store', `${requests.name} sent "${name}" without its size, hash or range`, {
      details: { service: requests.name, file: name, status: response.status },
    });
  }
  const body =
    response.status === 416
      ? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
      : requests.body(response, signal);
  if (response.status === 416) void response.body?.cancel();
  return { name, size, sha256: sha256 ?? '', body };
}
