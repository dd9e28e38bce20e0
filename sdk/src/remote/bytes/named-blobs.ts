import { ArgumentError } from '../../errors.js';
import { type Bytes, blobOf } from './blob-of.js';

/** Files by their names, or as picked or dropped in a browser. */
export type NamedFiles =
  | ReadonlyMap<string, Bytes>
  | Readonly<Record<string, Bytes>>
  | readonly (Blob & { readonly name: string; readonly webkitRelativePath?: string })[];

/** Each file with its name; of a folder that was picked, with its path. */
export async function namedBlobs(files: NamedFiles): Promise<[name: string, file: Blob][]> {
  const pairs: Iterable<readonly [string, Bytes]> = Array.isArray(files)
    ? files.map((file) => [file.webkitRelativePath || file.name, file] as const)
    : files instanceof Map
      ? files
      : Object.entries(files);
  const found: [string, Blob][] = [];
  for (const [name, bytes] of pairs) {
    const blob = await blobOf(bytes);
    if (!blob) throw new ArgumentError(`${name}: expected the bytes of a file`);
    found.push([name, blob]);
  }
  return found;
}
