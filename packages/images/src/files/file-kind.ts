/** What the end of a file's name says that it is. */
export type FileKind =
  | { kind: 'image' | 'table' | 'archive' | 'other' }
  /** A picture, of a format that is not decoded. */
  | { kind: 'unsupported'; format: string }
  /** No extension: only the content can tell. */
  | { kind: 'bare' };

const IMAGES = new Set([
  ...['png', 'apng', 'jpg', 'jpeg', 'jpe', 'jfif', 'webp', 'tif', 'tiff', 'gif', 'avif', 'bmp', 'dib'],
  ...['pgm', 'ppm', 'pbm', 'pnm'],
]);
const TABLES = new Set(['csv', 'tsv', 'jsonl', 'ndjson', 'manifest']);
const ARCHIVES = new Set(['zip', 'tar', 'gz', 'tgz', '7z', 'rar', 'xz', 'bz2', 'zst']);
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ...['heic', 'heif', 'hif'].map((end) => [end, 'HEIC'] as const),
  ...['jp2', 'j2k', 'jpf', 'jpx', 'j2c'].map((end) => [end, 'JPEG 2000'] as const),
  ...['dng', 'cr2', 'cr3', 'nef', 'arw', 'orf', 'rw2', 'raf', 'pef', 'srw'].map(
    (end) => [end, 'camera raw'] as const,
  ),
  ...['dcm', 'dicom'].map((end) => [end, 'DICOM'] as const),
  ...['fits', 'fit', 'fts'].map((end) => [end, 'FITS'] as const),
  ['jxl', 'JPEG XL'],
  ['svg', 'SVG'],
  ['psd', 'Photoshop'],
  ['exr', 'OpenEXR'],
  ['hdr', 'Radiance HDR'],
  ['pfm', 'PFM'],
  ['pam', 'PAM'],
  ['tga', 'Targa'],
  ['ico', 'ICO'],
  ['pcx', 'PCX'],
  ['xcf', 'GIMP'],
  ['npy', 'NumPy'],
  ['mat', 'MATLAB'],
]);

/** The kind of a file by the end of its name, in any case. */
export function fileKind(name: string): FileKind {
  const dot = name.lastIndexOf('.');
  if (dot <= name.lastIndexOf('/') + 1) return { kind: 'bare' };
  const end = name.slice(dot + 1).toLowerCase();
  if (IMAGES.has(end)) return { kind: 'image' };
  if (TABLES.has(end)) return { kind: 'table' };
  if (ARCHIVES.has(end)) return { kind: 'archive' };
  const format = UNSUPPORTED.get(end);
  return format === undefined ? { kind: 'other' } : { kind: 'unsupported', format };
}
