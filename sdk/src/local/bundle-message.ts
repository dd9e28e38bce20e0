import { ArgumentError } from '../errors.js';
import type { BundleMessage } from './protocol.js';
import type { BundleFiles, BundleLocation, LoadDetectorOptions } from './types.js';

/** @throws ArgumentError for what is not a place of a bundle */
export function bundleMessage(
  location: BundleLocation,
  { headers = {}, credentials = 'same-origin' }: Pick<LoadDetectorOptions, 'headers' | 'credentials'>,
): BundleMessage {
  if (typeof location === 'string' || location instanceof URL) {
    const page = (globalThis as { location?: { href: string } }).location?.href;
    try {
      // The worker has another address than the page: what is relative is so to the page.
      return { url: new URL(location, page).href, headers: { ...headers }, credentials };
    } catch (cause) {
      throw new ArgumentError(`expected the address of a bundle, got "${location}"`, { cause });
    }
  }
  if (typeof location !== 'object' || location === null || !('files' in location)) {
    throw new ArgumentError('expected the address of a bundle or { files }, got neither');
  }
  const files = new Map(fileEntries(location.files).map(([name, file]) => [name, blobOf(name, file)]));
  return { files, name: location.name ?? 'files' };
}

function fileEntries(files: BundleFiles): (readonly [string, Blob | Uint8Array])[] {
  if (files instanceof Map) return [...(files as ReadonlyMap<string, Blob | Uint8Array>)];
  if (Symbol.iterator in files) return Array.from(files as Iterable<File>, (file) => [file.name, file]);
  return Object.entries(files);
}

function blobOf(name: string, file: Blob | Uint8Array): Blob {
  if (file instanceof Blob) return file;
  if (file instanceof Uint8Array) return new Blob([file as Uint8Array<ArrayBuffer>]);
  throw new ArgumentError(`expected ${name} as Blob or Uint8Array, got ${typeof file}`);
}
