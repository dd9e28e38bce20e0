import type { Tensor } from '@cflow/onnx';
import type { Span } from '@cflow/spec';

/** What a head says of one image. */
export interface RawOutput {
  /** Maximum of the map. */
  score: number;
  /** [height, width]; only when asked for. */
  map?: Float32Array;
}

/** One image on its way through one backbone, and the heads that it is for. */
export interface Row {
  /** Hash of the backbone. */
  backbone: string;
  /** uint8 [3, height, width]. */
  planes: Uint8Array;
  heads: readonly { key: string; map: boolean }[];
  /** When it was ready, in milliseconds. */
  readyAt: number;
  /** How often it was begun. */
  attempts: number;
  /** What it is a part of, where somebody records it. */
  span?: Span | undefined;
  /** One output for each of `heads`. */
  resolve(outputs: RawOutput[]): void;
  reject(error: unknown): void;
}

/** Rows as the backbone's input, uint8 [size, 3, height, width]; places beyond the rows are black. */
export function stackRows(
  rows: readonly Row[],
  size: number,
  [height, width]: readonly [number, number],
): Tensor {
  const length = 3 * height * width;
  const data = new Uint8Array(size * length);
  rows.forEach(({ planes }, i) => {
    data.set(planes, i * length);
  });
  return { type: 'uint8', dims: [size, 3, height, width], data };
}

/** Some rows of what heads take, feature maps or images [batch, …], padded with zeros to `size` rows. */
export function gatherRows(
  features: Readonly<Record<string, Tensor>>,
  rows: readonly number[],
  size: number,
): Record<string, Tensor> {
  const gathered = Object.entries(features).map(([name, { type, dims, data }]): [string, Tensor] => {
    const length = data.length / dims[0]!;
    const part = (row: number): Float32Array =>
      (data as Float32Array).subarray(row * length, (row + 1) * length);
    // Of maps, or of the pixels of images.
    const taken = type === 'uint8' ? new Uint8Array(size * length) : new Float32Array(size * length);
    rows.forEach((row, i) => {
      taken.set(part(row), i * length);
    });
    return [name, { type, dims: [size, ...dims.slice(1)], data: taken } as Tensor];
  });
  return Object.fromEntries(gathered);
}

/** Which rows each head is asked for. */
export function rowsOfHeads(rows: readonly Row[]): Map<string, { rows: number[]; map: boolean }> {
  const heads = new Map<string, { rows: number[]; map: boolean }>();
  rows.forEach((row, index) => {
    for (const { key, map } of row.heads) {
      const head = heads.get(key) ?? { rows: [], map: false };
      head.rows.push(index);
      head.map ||= map;
      heads.set(key, head);
    }
  });
  return heads;
}

/** What a head that ran on several rows says of one of them. */
export function outputOf(
  { score, anomaly_map: map }: Record<string, Tensor>,
  row: number,
  withMap: boolean,
): RawOutput {
  const output: RawOutput = { score: (score as Tensor).data[row] as number };
  if (withMap) {
    const { data, dims } = map as Tensor;
    const length = data.length / dims[0]!;
    const values = data as Float32Array;
    output.map = values.length === length ? values : values.slice(row * length, (row + 1) * length);
  }
  return output;
}
