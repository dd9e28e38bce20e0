import type { Tensor } from '@cflow/onnx';
import type { DeviceCandidate, ModelSource, RunOptions, Session } from '@cflow/runtime';

/** What happens to what a card is given, and to what it gives. */
export interface CardWatch {
  /** The model that it is given instead. */
  model?(source: ModelSource): Uint8Array;
  /** Told of what each run copies to the card and back. */
  onRun?(copied: Copied): void;
}

/** Bytes of what a run copies to the card and back. */
export interface Copied {
  to: number;
  back: number;
}

/** A device, such as the CPU, that passes for a card: all that the product does for one is done, by numbers that are right. */
export function asCard(candidate: DeviceCandidate, { model, onRun }: CardWatch = {}): DeviceCandidate {
  const watch = (session: Session): Session => ({
    device: 'cuda',
    inputs: session.inputs,
    outputs: session.outputs,
    async run(feeds: Readonly<Record<string, Tensor>>, options?: RunOptions) {
      // Before, since memory may be handed over.
      const to = bytesOf(feeds);
      const found = await session.run(feeds, options);
      onRun?.({ to, back: bytesOf(found) });
      return found;
    },
    dispose: () => session.dispose(),
  });
  return {
    device: 'cuda',
    description: 'a card that is none',
    async createRuntime() {
      const runtime = await candidate.createRuntime();
      return {
        device: 'cuda',
        get failure() {
          return runtime.failure;
        },
        async createSession(source, options) {
          const given = model ? { ...source, model: model(source) } : source;
          return watch(await runtime.createSession(given, options));
        },
        dispose: () => runtime.dispose(),
      };
    },
  };
}

function bytesOf(tensors: Readonly<Record<string, Tensor>>): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}
