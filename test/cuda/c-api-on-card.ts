// What the C API adds on a card, counted on a stand-in for one: options of the provider, and a Loop whose state stays on the card
// between calls. Argument: the file of its counters. Prints JSON.
import { NEXT } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { loadCudaLibraries } from '../../packages/runtime/src/node/cuda/load-libraries.js';
import { type ElementType, OrtCApi } from './c-api.js';
import { smallTraining, smallTrainingFeeds } from './small-training.js';
import { countersBetween, readCounters } from './stand-in/counters.js';

const [, , file] = process.argv as [string, string, string];
const OPTIONS = {
  use_tf32: '0',
  cudnn_conv_algo_search: 'HEURISTIC',
  gpu_mem_limit: '300000000',
  arena_extend_strategy: 'kSameAsRequested',
};

await loadCudaLibraries();
const api = new OrtCApi();
const model = smallTraining({ stateInRows: true });
// The names and shapes, by the binding, on the CPU.
const runtime = createNodeRuntime({ device: 'cpu' });
const { inputs, outputs } = await runtime.createSession({ model });
await runtime.dispose();

const understood = api.describeCudaOptions(api.cudaOptions(OPTIONS));
const arrived = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, understood.get(name)]));
let refusal = '';
try {
  // Its weights and buffers do not fit into so little.
  const tight = api.openSession(model, { ...OPTIONS, gpu_mem_limit: '1000000' });
  call(tight, new Map());
} catch (error) {
  refusal = (error as Error).message;
}

/** One call of four steps; what the state is left in, and where. */
function call(session: bigint, state: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const binding = api.bind(session);
  const own: bigint[] = [];
  for (const [name, { type, dims, data }] of Object.entries(smallTrainingFeeds(inputs, 4))) {
    const kept = state.get(name);
    const value = kept ?? api.tensor(type as ElementType, dims, data as Float32Array);
    if (kept === undefined) own.push(value);
    binding.input(name, value);
  }
  const [card, host] = [api.memory('Cuda'), api.memory('Cpu')];
  for (const { name } of outputs) binding.outputOn(name, name.startsWith(NEXT) ? card : host);
  binding.run();
  const found = binding.outputs();
  binding.release();
  for (const value of own) api.releaseValue(value);
  return new Map(
    outputs.flatMap(({ name }, i) =>
      name.startsWith(NEXT) ? [[name.slice(NEXT.length), found[i] as bigint] as const] : [],
    ),
  );
}

const session = api.openSession(model, OPTIONS);
const first = call(session, new Map());
const before = readCounters(file);
const second = call(session, first);
const staying = countersBetween(before, readCounters(file));
const again = readCounters(file);
call(session, new Map());
const fed = countersBetween(again, readCounters(file));
process.stdout.write(`${JSON.stringify({ arrived, refusal, state: second.size, staying, fed })}\n`);
process.exit(0);
