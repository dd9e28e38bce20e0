// The layout of a run's pixels and maps in the memory that a lane's process shares with the service: the planes of each row
// one after the other, then room for each map that is asked for. What does not fit is sent in messages.
import type { DeviceError } from '@cflow/spec';
import type { RawOutput, Row } from '../batches/batch.js';
import type { ErrorMessage } from './error-message.js';
import { readShared, type SharedFile, writeShared } from './shared-file.js';

/** In bytes from the file's beginning. */
export interface RowsPlace {
  planes: number;
  /** Bytes of the planes of one row, and of one map. */
  rowBytes: number;
  mapBytes: number;
  maps: number;
}

/** `planes` are left out where they lie in shared memory. */
export type RowMessage = Pick<Row, 'backbone' | 'heads'> & { planes?: Uint8Array };

/** `shared` is the map's number among those that lie in shared memory. */
export type OutputMessage = RawOutput | { score: number; shared: number };

export type ResultMessage = OutputMessage[] | { error: ErrorMessage };

/** Puts the planes of rows of one backbone where the other process finds them; undefined where there is no room for it. */
export function placeRows(rows: readonly Row[], file: SharedFile | undefined): RowsPlace | undefined {
  const rowBytes = (rows[0] as Row).planes.length;
  // Of three channels of a byte each, and of one float32.
  const mapBytes = (rowBytes / 3) * Float32Array.BYTES_PER_ELEMENT;
  const maps = rows.reduce((count, { heads }) => count + heads.filter(({ map }) => map).length, 0);
  const planesBytes = rows.length * rowBytes;
  const planes = file?.take(planesBytes + maps * mapBytes);
  if (!file || planes === undefined) return undefined;
  const written = rows.every((row, i) => writeShared(file.fd, row.planes, planes + i * rowBytes));
  if (written) return { planes, rowBytes, mapBytes, maps: planes + planesBytes };
  file.release(planes);
  return undefined;
}

/** A lane looks at backbone, planes and heads only. */
export function readRows(
  rows: readonly RowMessage[],
  fd: number,
  place: RowsPlace | undefined,
): readonly Row[] {
  return rows.map((row, i) => {
    if (row.planes || !place) return row as Row;
    const planes = new Uint8Array(place.rowBytes);
    readShared(fd, planes, place.planes + i * place.rowBytes);
    return { ...row, planes } as Row;
  });
}

/** Results as they are sent, with their maps where the service finds them. */
export function placeMaps(
  results: readonly (RawOutput[] | DeviceError)[],
  fd: number,
  place: RowsPlace | undefined,
  packError: (error: DeviceError) => ErrorMessage,
): ResultMessage[] {
  let next = 0;
  const placed = (output: RawOutput): OutputMessage => {
    const { map, score } = output;
    if (!map || !place || map.byteLength !== place.mapBytes) return output;
    const shared = next++;
    const at = place.maps + shared * place.mapBytes;
    return writeShared(fd, bytesOf(map), at) ? { score, shared } : output;
  };
  return results.map((result) => (Array.isArray(result) ? result.map(placed) : { error: packError(result) }));
}

export function readMaps(outputs: readonly OutputMessage[], fd: number, place: RowsPlace): RawOutput[] {
  return outputs.map((output) => {
    if (!('shared' in output)) return output;
    const map = new Float32Array(place.mapBytes / Float32Array.BYTES_PER_ELEMENT);
    readShared(fd, bytesOf(map), place.maps + output.shared * place.mapBytes);
    return { score: output.score, map };
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
