import { readOrientation } from './tiff-header.js';

/** What a JPEG says of itself, and whether it is whole. */
export interface JpegHeader {
  width: number;
  height: number;
  /** Bits of a sample. */
  precision: number;
  /** 1 is gray, 3 color, 4 CMYK. */
  components: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** Scans of the whole file; a baseline file has 1 to 4, a progressive one about 10. */
  scans: number;
  /** Whether the file has its end. */
  ended: boolean;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;

/** Throws a plain Error when there is no header of a frame. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const header: JpegHeader = {
    width: 0,
    height: 0,
    precision: 0,
    components: 0,
    orientation: 0,
    scans: 0,
    ended: false,
  };
  let at = 2;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) break;
    const marker = bytes[at + 1]!;
    at++;
    // Fill bytes; a byte 0xff within a scan; marks without content.
    if (marker === 0xff) continue;
    at++;
    if (marker === 0 || marker === 1 || marker === SOI || (marker >= 0xd0 && marker <= 0xd7)) continue;
    if (marker === EOI) {
      header.ended = true;
      break;
    }
    if (marker === SOS) header.scans++;
    const length = at + 2 <= bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : 0;
    if (length < 2) break;
    readSegment(header, marker, bytes.subarray(at + 2, at + length));
    at += length;
  }
  if (header.components === 0) throw new Error('has no header of a picture');
  if (header.width === 0 || header.height === 0) {
    throw new Error(`its header says ${header.width}x${header.height} pixels`);
  }
  header.orientation ||= 1;
  return header;
}

function readSegment(header: JpegHeader, marker: number, content: Uint8Array): void {
  // SOF0 to SOF15, without the three markers among them that are something else (DHT, JPG, DAC).
  const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
  if (isFrame && content.length >= 6 && header.components === 0) {
    header.precision = content[0]!;
    header.height = (content[1]! << 8) | content[2]!;
    header.width = (content[3]! << 8) | content[4]!;
    header.components = content[5]!;
  }
  if (marker === APP1 && header.scans === 0 && header.orientation === 0) {
    const isExif = String.fromCharCode(...content.subarray(0, 6)) === 'Exif\0\0';
    if (isExif) header.orientation = readOrientation(content.subarray(6));
  }
}
