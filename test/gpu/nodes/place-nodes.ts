// Opens every graph on one device with the guard on, in a process of its own, since the engine tells where it placed the
// nodes on stderr only. Arguments: the device, and how much (see `EXTENTS`). stdout: one JSON line per graph; stderr: the
// engine's words between marks.
import '../../support/without-telemetry.js';
import { writeSync } from 'node:fs';
import { writeModel } from '@cflow/onnx';
import type { Device } from '@cflow/spec';
import * as ort from 'onnxruntime-node';
import { loadCudaLibraries } from '../../../packages/runtime/src/node/cuda/load-libraries.js';
import { allGraphs, type Extent, LOOP_GRAPH, type NamedGraph } from './all-graphs.js';
import { markLine, NOT_USED } from './read-placements.js';

type Provider = Extract<Device, 'webgpu' | 'cuda'>;

const [, , device, extent] = process.argv as [string, string, Provider, Extent];
/** Verbose: the level at which the engine lists nodes by where they run. */
ort.env.logLevel = 'verbose';

if (device === 'cuda') await loadCudaLibraries();
for (const graph of allGraphs(device, extent)) await place(graph);
// Where Loop has no kernel: what would become of the graph that is not used there, for the record.
if (device === 'webgpu') await place({ ...LOOP_GRAPH, name: NOT_USED + LOOP_GRAPH.name });

async function place({ name, build }: NamedGraph): Promise<void> {
  const model = writeModel(await build());
  const refusal = await open(name, model, true);
  // The guard refuses before it tells which nodes: without it the engine names them.
  const second = refusal === undefined ? undefined : await open(name, model, false);
  process.stdout.write(`${JSON.stringify({ name, refusal: second ?? refusal ?? null })}\n`);
}

async function open(name: string, model: Uint8Array, guarded: boolean): Promise<string | undefined> {
  writeSync(2, markLine(name, guarded));
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [device],
      logSeverityLevel: 0,
      ...(guarded && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
    });
    await session.release();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
