import type { Tensor } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { float16ToNumber } from './float16.js';
import type { Session } from './session.js';

/** An input with the outputs that it must give: a device that gives others is refused. */
export interface GoldenProbe {
  feeds: Readonly<Record<string, Tensor>>;
  /** By name of output; outputs left out are neither fetched nor compared. */
  expected: Readonly<Record<string, Tensor>>;
  /** An element passes when `|found - expected| <= absoluteTolerance + relativeTolerance * |expected|`. */
  absoluteTolerance: number;
  relativeTolerance: number;
  /** By name of output, for outputs of another scale than the rest. */
  tolerances?: Readonly<Record<string, ProbeTolerance>>;
}

export type ProbeTolerance = Pick<GoldenProbe, 'absoluteTolerance' | 'relativeTolerance'>;

export interface ProbeResult {
  passed: boolean;
  /** The largest `|found - expected|` of all elements; Infinity when a NaN, an infinity or a wrong shape came. */
  largestDifference: number;
  /** The output that is furthest off by its tolerance; the first one that failed, when one did. */
  output: string;
  /** What was wrong, in words; absent when the probe passed. */
  reason?: string;
}

/**
 * Runs the probe and compares. NaN, infinities, wrong names, types and shapes are failures. Rejects with what
 * `session.run` rejects with, and with ConfigurationError for a probe that could pass nothing or everything.
 */
export async function checkProbe(session: Session, probe: GoldenProbe): Promise<ProbeResult> {
  checkIsProbe(probe);
  const names = Object.keys(probe.expected);
  const found = await session.run(probe.feeds, { fetches: names });
  const comparisons = names.map((name) => compare(name, found[name], probe.expected[name] as Tensor, probe));
  const worst = comparisons.reduce((a, b) => (b.excess > a.excess ? b : a));
  const failed = comparisons.find(({ reason }) => reason !== undefined);
  const { output, reason } = failed ?? worst;
  const largestDifference = Math.max(...comparisons.map(({ difference }) => difference));
  return { passed: !failed, largestDifference, output, ...(reason !== undefined && { reason }) };
}

interface Comparison {
  output: string;
  difference: number;
  /** Largest difference as a multiple of what is allowed. */
  excess: number;
  reason?: string;
}

function compare(
  output: string,
  found: Tensor | undefined,
  expected: Tensor,
  probe: GoldenProbe,
): Comparison {
  const { absoluteTolerance, relativeTolerance } = probe.tolerances?.[output] ?? probe;
  const wrong = (reason: string): Comparison => ({ output, difference: Infinity, excess: Infinity, reason });
  if (!found) return wrong(`output "${output}" did not come`);
  if (found.type !== expected.type || `${found.dims}` !== `${expected.dims}`) {
    return wrong(`output "${output}" is of another type or shape than ${expected.type} [${expected.dims}]`);
  }
  if (found.data.length !== expected.data.length) {
    return wrong(`output "${output}" has another number of elements than ${expected.data.length}`);
  }
  let difference = 0;
  let excess = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const value = element(found, i);
    if (!Number.isFinite(value)) return wrong(`output "${output}" is wrong: it has NaN or infinite numbers`);
    const target = element(expected, i);
    const off = Math.abs(value - target);
    if (off > difference) difference = off;
    const allowed = absoluteTolerance + relativeTolerance * Math.abs(target);
    const ratio = off === 0 ? 0 : off / allowed;
    if (ratio > excess) excess = ratio;
  }
  if (excess <= 1) return { output, difference, excess };
  return {
    output,
    difference,
    excess,
    reason: `output "${output}" is wrong: it is off by ${magnitude(excess)} what the probe allows`,
  };
}

/**
 * How far off, to an order of magnitude. A graph may have put what it read anywhere, so that a reason, which strangers
 * see, quotes no number that came out of it, nor where it stood.
 */
function magnitude(excess: number): string {
  const order = Math.floor(Math.log10(excess));
  return order < MOST_ORDERS
    ? `${10 ** order} to ${10 ** (order + 1)} times`
    : `over ${10 ** MOST_ORDERS} times`;
}

const MOST_ORDERS = 3;

function element({ type, data }: Tensor, index: number): number {
  const value = data[index] as number | bigint;
  return type === 'float16' ? float16ToNumber(value as number) : Number(value);
}

function checkIsProbe(probe: GoldenProbe): void {
  const outputs = Object.entries(probe.expected);
  if (outputs.length === 0) throw new ConfigurationError('a golden probe needs at least one expected output');
  for (const each of [probe, ...Object.values(probe.tolerances ?? {})]) {
    for (const name of ['absoluteTolerance', 'relativeTolerance'] as const) {
      if (!(Number.isFinite(each[name]) && each[name] >= 0)) {
        throw new ConfigurationError(`the golden probe's ${name} must be 0 or more, got ${each[name]}`);
      }
    }
  }
  for (const [name, tensor] of outputs) {
    if (tensor.data.length === 0)
      throw new ConfigurationError(`the golden probe expects nothing of "${name}"`);
    for (let i = 0; i < tensor.data.length; i++) {
      if (!Number.isFinite(element(tensor, i))) {
        throw new ConfigurationError(`the golden probe expects NaN or infinite numbers of "${name}"`);
      }
    }
  }
}
