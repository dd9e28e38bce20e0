import { readFileSync } from 'node:fs';
import {
  createRuntime,
  type DeviceCandidate,
  type ModelSource,
  type Runtime,
  type Session,
} from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import { BUNDLE_FILES } from '@cflow/spec';

/** A call of the engine: loading a model or running it. */
export interface EngineCall {
  kind: 'load' | 'run';
  /** Whose: the name of the bundle, or `backbone` and the place of the first bundle that has it. */
  of: string;
  /** Of a run. */
  images: number;
}

export interface FailingDevice {
  devices: DeviceCandidate[];
  /** What becomes of a call: `hang` never returns, an error is thrown in the engine's own words. */
  outcome: (call: EngineCall) => 'hang' | Error | undefined;
  /** Places that were made. */
  readonly runtimes: number;
}

/**
 * CPUs that fail as they are told to. Threads that hang never end.
 *
 * @param hang What a hanging call does with the place that it is in. Default: nothing, for ever
 */
export function failingDevice(
  bundles: Readonly<Record<string, ReadonlyMap<string, Uint8Array>>>,
  hang: (place: Runtime) => Promise<unknown> = () => new Promise<never>(() => undefined),
): FailingDevice {
  const ownerOf = ({ externalData }: ModelSource): string => {
    const data = externalData?.[0]?.data as Uint8Array | string;
    const weights = typeof data === 'string' ? readFileSync(data) : data;
    const has = (file: string) => (bundle: ReadonlyMap<string, Uint8Array>) =>
      Buffer.compare(bundle.get(file) as Uint8Array, weights) === 0;
    const all = Object.entries(bundles);
    const head = all.find(([, bundle]) => has(BUNDLE_FILES.decoders)(bundle));
    return (
      head?.[0] ?? `backbone ${all.findIndex(([, bundle]) => has(BUNDLE_FILES.backboneWeights)(bundle))}`
    );
  };
  let runtimes = 0;
  const device: FailingDevice = {
    outcome: () => undefined,
    get runtimes() {
      return runtimes;
    },
    devices: [{ device: 'cpu', description: 'failing', createRuntime: async () => create() }],
  };
  const meet = (call: EngineCall, place: Runtime): Promise<unknown> | undefined => {
    const outcome = device.outcome(call);
    if (outcome instanceof Error) throw outcome;
    return outcome === 'hang' ? hang(place) : undefined;
  };
  const create = (): Runtime => {
    runtimes++;
    const real = createNodeRuntime({ device: 'cpu', threads: 1 });
    const sessions: { session: Session; of: string }[] = [];
    // As on a thread, one call after the other: what hangs keeps all that follow.
    let last: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(call: () => Promise<T>): Promise<T> => {
      const result = last.then(call);
      last = result.catch(() => undefined);
      return result;
    };
    let hangs = false;
    const runtime = createRuntime('cpu', {
      failure: undefined,
      load: (source, options) =>
        inTurn(async () => {
          const of = ownerOf(source);
          const met = meet({ kind: 'load', of, images: 0 }, real);
          hangs ||= met !== undefined;
          await met;
          const session = await real.createSession(source, options);
          sessions.push({ session, of });
          return { id: sessions.length - 1, inputs: session.inputs, outputs: session.outputs };
        }),
      run: (id, feeds, fetches) =>
        inTurn(async () => {
          const { session, of } = sessions[id] as (typeof sessions)[number];
          const images = Object.values(feeds)[0]?.dims[0] ?? 0;
          const met = meet({ kind: 'run', of, images }, real);
          hangs ||= met !== undefined;
          await met;
          return session.run(feeds, { fetches });
        }),
      release: (id) => inTurn(async () => sessions[id]?.session.dispose()),
      close: () => real.dispose(),
    });
    return {
      ...runtime,
      get failure() {
        return runtime.failure;
      },
      terminate: async () => {
        await real.terminate();
        if (hangs) await new Promise<never>(() => undefined);
      },
    };
  };
  return device;
}
