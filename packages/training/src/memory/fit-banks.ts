import { bankTensorName, type MemoryBank, type Precision } from '@cflow/model';
import { float32, type Tensor } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import { inPrecision } from '../detector/in-precision.js';
import { coreset } from './coreset.js';
import { principalProjection } from './principal-projection.js';
import type { SampledPlaces } from './sample-places.js';

export interface FitBanksOptions {
  runtime: Runtime;
  sampled: readonly SampledPlaces[];
  seed: number;
  precision: Precision;
  signal: AbortSignal;
}

export interface FittedBanks {
  /** Projections, offsets and rows of all banks, as they are stored. */
  parameters: Map<string, Tensor>;
  /** Per bank: which image each row of its memory is from. */
  owners: Map<MemoryBank['name'], Int32Array>;
}

/** Rows that are kept; of the fine grid fewer, it has four times the places to compare. */
const MEMORY_ROWS: Readonly<Record<MemoryBank['name'], number>> = { context: 4000, middle: 4000, fine: 3000 };

/** Coordinates and memory of each bank. */
export async function fitBanks({
  runtime,
  sampled,
  seed,
  precision,
  signal,
}: FitBanksOptions): Promise<FittedBanks> {
  const parameters = new Map<string, Tensor>();
  const owners: FittedBanks['owners'] = new Map();
  for (const places of sampled) {
    const { name } = places.bank;
    const { tensors, coordinates } = await principalProjection(runtime, places);
    const components = coordinates.length / places.owners.length;
    const size = MEMORY_ROWS[name];
    const chosen = await coreset({ runtime, rows: coordinates, components, size, seed, signal });
    const rows = new Float32Array(chosen.length * components);
    chosen.forEach((row, i) => {
      rows.set(coordinates.subarray(row * components, (row + 1) * components), i * components);
    });
    tensors.set(bankTensorName(name, 'rows'), float32([chosen.length, components], rows));
    for (const [tensor, value] of storedTensors(tensors, precision)) parameters.set(tensor, value);
    owners.set(
      name,
      chosen.map((row) => places.owners[row]!),
    );
  }
  return { parameters, owners };
}

/** Matrices take the room, and are stored in the precision asked for; the rest stays as it is. */
export function storedTensors(
  tensors: ReadonlyMap<string, Tensor>,
  precision: Precision,
): Map<string, Tensor> {
  const matrices = new Map([...tensors].filter(([, { dims }]) => dims.length === 2));
  return new Map([...tensors, ...inPrecision(matrices, precision)]);
}
