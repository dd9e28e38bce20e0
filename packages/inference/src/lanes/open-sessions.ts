import { imagesAsFeatures, openBackbone, openHead, type VerifiedBundle } from '@cflow/detector';
import type { Runtime, Session, SessionOptions } from '@cflow/runtime';

export interface OpenSessionsOptions {
  /** The backbone, where another detector has opened it. */
  shared: Session | undefined;
  headOptions: SessionOptions;
  backboneOptions: SessionOptions;
  /** Opens backbone and head as one graph, in the head's place; left out, they are apart. */
  openWhole?: typeof openHead | undefined;
  /** Runs each opening, so that it is known what the engine is doing. */
  watched<T>(call: () => Promise<T>): Promise<T>;
}

/** The sessions of a detector. */
export interface DetectorSessions {
  backbone: Session;
  head: Session;
  /** Frees those that were opened for it. */
  dispose(): Promise<void>;
}

/** Opens them side by side. When one cannot be opened, rejects with its error and leaves nothing open. */
export async function openSessions(
  runtime: Runtime,
  bundle: VerifiedBundle,
  { shared, headOptions, backboneOptions, openWhole, watched }: OpenSessionsOptions,
): Promise<DetectorSessions> {
  const open = openWhole ?? openHead;
  const opening = watched(() => open(runtime, bundle, headOptions));
  const opened = await Promise.allSettled([
    shared ??
      (openWhole
        ? opening.then((head) => imagesAsFeatures(head, bundle))
        : watched(() => openBackbone(runtime, bundle, backboneOptions))),
    opening,
  ]);
  const dispose = async (): Promise<void> => {
    const own = shared ? opened.slice(1) : opened;
    await Promise.all(
      own.map((result) => (result.status === 'fulfilled' ? result.value.dispose() : undefined)),
    );
  };
  const [backbone, head] = opened;
  if (backbone.status === 'fulfilled' && head.status === 'fulfilled') {
    return { backbone: backbone.value, head: head.value, dispose };
  }
  await dispose();
  throw opened.find((result) => result.status === 'rejected')?.reason;
}
