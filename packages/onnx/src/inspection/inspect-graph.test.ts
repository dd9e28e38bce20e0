import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import * as op from '../operators/index.js';
import { float32 } from '../tensor.js';
import { hostileGraphs } from '../testing/hostile-graphs.js';
import { plainModel, plainNode } from '../testing/plain-model.js';
import { writeModel } from '../write-model.js';
import { type Feed, type InspectGraphOptions, inspectGraph } from './inspect-graph.js';

const image: Feed = { type: 'uint8', dims: ['batch', 3, 8, 8] };
const made: Feed = { type: 'float32', dims: ['batch', 4, 8, 8] };
const options: InspectGraphOptions = {
  inputs: new Map([['image', image]]),
  outputs: new Map([['made', made]]),
  batches: [1, 2, 3, 4],
};
const setting = {
  inputs: { image: ['uint8', ['batch', 3, 8, 8]] },
  outputs: { made: ['float32', ['batch', 4, 8, 8]] },
} as const;

function network(): Graph {
  const graph = new Graph('network');
  const x = op.Cast(graph.input('image', 'uint8', ['batch', 3, 8, 8]), 'float32');
  const weight = graph.constant(float32([4, 3, 1, 1], new Float32Array(12)), 'weight');
  graph.output('made', op.Relu(op.Conv(x, weight)));
  return graph;
}

const refusal = (bytes: Uint8Array, more: Partial<InspectGraphOptions> = {}): string => {
  try {
    inspectGraph(bytes, { ...options, ...more });
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError);
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

describe('a graph from outside', () => {
  it('may be a network', () => {
    const facts = inspectGraph(writeModel(network()), options);
    expect(facts.outputs.get('made')?.dims).toEqual([4, 4, 8, 8]);
    // The image, its numbers, the map and the map above 0 of four images: never more than two of them at once.
    expect(facts.liveBytes).toBe(4 * 64 * 4 * (4 + 4));
    expect(facts.constantBytes).toBe(48);
    const products = 4 * 4 * 64 * 3;
    const elements = 4 * 64 * (3 + 3) + (4 * 64 * (3 + 4) + 12) + 4 * 64 * (4 + 4);
    expect(facts.work).toBe(products + 16 * elements);
  });

  it.each(hostileGraphs(setting))('may not be: $name', ({ bytes, message }) => {
    const found = refusal(bytes);
    expect(found).toMatch(message);
    expect(found.length).toBeLessThan(600);
  });

  it('has what is expected of it', () => {
    const bytes = writeModel(network());
    const inputs = (feed: Feed, name = 'image') => ({ inputs: new Map([[name, feed]]) });
    expect(refusal(bytes, inputs(image, 'picture'))).toMatch(/takes "image", expected was "picture"/);
    expect(refusal(bytes, inputs({ ...image, type: 'float32' }))).toMatch(
      /"image" as uint8.*expected was float32/,
    );
    expect(refusal(bytes, inputs({ ...image, dims: ['batch', 3, 8, 9] }))).toMatch(
      /expected was uint8 \[batch,3,8,9\]/,
    );
    expect(refusal(bytes, { outputs: new Map() })).toMatch(/gives "made"/);
    const outputs = (feed: Feed) => ({ outputs: new Map([['made', feed]]) });
    expect(refusal(bytes, outputs({ ...made, dims: ['batch', 5, 8, 8] }))).toMatch(/"made".*\[batch,5,8,8\]/);
    // What is declared says nothing: what follows counts.
    const lies = plainModel({ ...setting, nodes: [plainNode('Cast', ['image'], ['made'], { to: 1 })] });
    expect(refusal(lies)).toMatch(
      /gives "made" as float32 \[1,3,8,8\] for a batch of 1, expected was float32 \[1,4,8,8\]/,
    );
  });

  it('takes constants out of its own file where a tensor lies there, of the same type and size', () => {
    const table = new Map([[64, { type: 'float32', bytes: 48 } as const]]);
    const weights = new Map([['own.safetensors', table]]);
    const at = (offset: number, location = 'own.safetensors') =>
      writeModel(network(), {
        external: { location, ranges: new Map([['weight', { offset, length: 48 }]]) },
      });
    inspectGraph(at(64), { ...options, weights });
    expect(refusal(at(68), { weights })).toMatch(/"weight" takes 48 bytes.*no tensor of it lies there/);
    expect(refusal(at(64, 'other.safetensors'), { weights })).toMatch(/none of own\.safetensors/);
    expect(refusal(at(64))).toMatch(/"weight" has external data in/);
    const half = new Map([['own.safetensors', new Map([[64, { type: 'float16', bytes: 48 } as const]])]]);
    expect(refusal(at(64), { weights: half })).toMatch(/no tensor of it lies there/);
  });

  it('quotes names that could be read as something else in one line', () => {
    const bytes = plainModel({ ...setting, nodes: [plainNode('Evil\n"\u202e', ['image'], ['made'])] });
    expect(refusal(bytes)).toMatch(/"Evil\?\?\?"/);
  });

  it('whatever its bytes: it is refused with a GraphError, or it is what it says', () => {
    const bytes = writeModel(network());
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.option(fc.nat(bytes.length)),
        (mutations, cut) => {
          const mutated = bytes.slice(0, cut ?? bytes.length);
          for (const { at, byte } of mutations) if (at < mutated.length) mutated[at] = byte;
          try {
            expect(inspectGraph(mutated, options).outputs.get('made')?.dims).toEqual([4, 4, 8, 8]);
          } catch (error) {
            expect(error).toBeInstanceOf(GraphError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
