// What does not fit is refused here, in the model's own terms, so that the same mistake gives the same message in
// every engine.
import { elementCount, type Tensor } from '@cflow/onnx/tensor';
import { ConfigurationError } from '@cflow/spec';
import type { TensorInfo } from './session.js';
import { holds, typedArrayName } from './typed-array.js';

/** Throws ConfigurationError unless the feeds are exactly the inputs of the model, by name, type, shape and length. */
export function checkFeeds(inputs: readonly TensorInfo[], feeds: Readonly<Record<string, Tensor>>): void {
  const expected = new Set(inputs.map(({ name }) => name));
  const given = Object.keys(feeds);
  const missing = [...expected].filter((name) => !Object.hasOwn(feeds, name));
  const unknown = given.filter((name) => !expected.has(name));
  if (missing.length > 0 || unknown.length > 0) {
    throw new ConfigurationError(
      `the model has the inputs ${list([...expected])}; given were ${list(given)}` +
        `${missing.length > 0 ? `; missing: ${list(missing)}` : ''}${unknown.length > 0 ? `; unknown: ${list(unknown)}` : ''}`,
      { details: { expected: [...expected], given, missing, unknown } },
    );
  }
  const sizes = new Map<string, { size: number; input: string }>();
  for (const input of inputs) checkFeed(input, feeds[input.name] as Tensor, sizes);
}

/** Throws ConfigurationError when a name is not among the outputs; returns the names to fetch. */
export function checkFetches(
  outputs: readonly TensorInfo[],
  fetches: readonly string[] | undefined,
): readonly string[] {
  const names = outputs.map(({ name }) => name);
  if (fetches === undefined) return names;
  const unknown = fetches.filter((name) => !names.includes(name));
  if (unknown.length > 0 || fetches.length === 0) {
    throw new ConfigurationError(
      `the model has the outputs ${list(names)}; asked for were ${fetches.length === 0 ? 'none' : list(fetches)}`,
      { details: { expected: names, given: fetches } },
    );
  }
  return fetches;
}

function checkFeed(
  input: TensorInfo,
  tensor: Tensor,
  sizes: Map<string, { size: number; input: string }>,
): void {
  const refuse = (problem: string): never => {
    throw new ConfigurationError(`input "${input.name}" is ${input.type} ${shape(input.dims)}; ${problem}`, {
      details: { input: input.name, expected: { type: input.type, dims: input.dims } },
    });
  };
  const { type, dims, data } = tensor;
  if (type !== input.type) refuse(`given was ${type} ${shape(dims)}`);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) refuse(`${shape(dims)} is not a shape`);
  // No declared dimensions may mean an unknown shape as well as a scalar: that one is left to the engine.
  const fits =
    input.dims.length === 0 ||
    (dims.length === input.dims.length &&
      input.dims.every((dim, axis) => typeof dim === 'string' || dim === dims[axis]));
  if (!fits) refuse(`given was ${type} ${shape(dims)}`);
  if (!holds(type, data)) refuse(`its data must be a ${typedArrayName(type)}, given was ${kindOf(data)}`);
  if (data.length !== elementCount(dims)) {
    refuse(`${shape(dims)} needs ${elementCount(dims)} elements, given were ${data.length}`);
  }
  input.dims.forEach((dim, axis) => {
    if (typeof dim === 'number' || dim === '') return;
    const size = dims[axis]!;
    const before = sizes.get(dim);
    if (before && before.size !== size) {
      refuse(`"${dim}" was ${before.size} in input "${before.input}", given was ${type} ${shape(dims)}`);
    }
    sizes.set(dim, { size, input: input.name });
  });
}

function kindOf(data: unknown): string {
  return typeof data === 'object' && data !== null ? data.constructor.name : String(data);
}

function shape(dims: readonly (number | string)[]): string {
  return `[${dims.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '(none)' : names.map((name) => `"${name}"`).join(', ');
}
