// What the compiler knows of a prediction: checked by `npm run typecheck`, which fails here when it no longer does.
import { describe, expectTypeOf, it } from 'vitest';
import type { AutomaticDetector } from './automatic/automatic-detector.js';
import type { AnomalyMap, Detector, PredictOptions, Region } from './detector.js';
import type { LocalDetector } from './local/local-detector.js';
import type { CflowClient } from './remote/client.js';
import type { RemoteDetector } from './remote/predict/remote-detector.js';
import type { Job } from './remote/types/job.js';
import type { JobEvent } from './remote/types/job-event.js';

const image = new Blob();
// Only their types are looked at: nothing is called.
const never = (_: () => void): void => {};

describe('a prediction', () => {
  it.each(['any', 'remote', 'local', 'automatic'])('has what it was asked for: %s', () => {
    const each = <
      D extends Pick<Detector, 'predict'> & (Detector | RemoteDetector | LocalDetector | AutomaticDetector),
    >(
      _: D,
    ) => {};
    never(async () => {
      const detectors = {} as {
        any: Detector;
        remote: RemoteDetector;
        local: LocalDetector;
        automatic: AutomaticDetector;
      };
      each(detectors.any);
      each(detectors.remote);
      each(detectors.local);
      each(detectors.automatic);
      const all = await detectors.any.predict(image, { map: true, overlay: true, regions: true });
      expectTypeOf(all.map).toEqualTypeOf<AnomalyMap>();
      expectTypeOf(all.overlay).toEqualTypeOf<Blob>();
      expectTypeOf(all.regions).toEqualTypeOf<Region[]>();
      const plain = await detectors.remote.predict(image);
      expectTypeOf(plain.regions).toEqualTypeOf<Region[]>();
      expectTypeOf(plain.map).toEqualTypeOf<AnomalyMap | undefined>();
      const without = await detectors.local.predict(image, { regions: false, map: true });
      expectTypeOf(without.regions).toEqualTypeOf<Region[] | undefined>();
      expectTypeOf(without.map).toEqualTypeOf<AnomalyMap>();
      const [first] = await detectors.automatic.predictBatch([image], { overlay: true });
      expectTypeOf(first?.overlay).toEqualTypeOf<Blob | undefined>();
      expectTypeOf(first?.notUsed.reason).toEqualTypeOf<string | undefined>();
      const options: PredictOptions = {};
      const unknown = await detectors.any.predict(image, options);
      expectTypeOf(unknown.map).toEqualTypeOf<AnomalyMap | undefined>();
      expectTypeOf(unknown.regions).toEqualTypeOf<Region[] | undefined>();
      // @ts-expect-error A misspelt option is one that the compiler does not know.
      await detectors.any.predict(image, { map: true, treshold: 1 });
    });
  });

  it('has it also of several detectors, and in a stream', () => {
    never(async () => {
      const client = {} as CflowClient;
      const [one] = await client.predict(image, { detectors: ['wood', 'steel'], map: true });
      expectTypeOf(one?.map).toEqualTypeOf<AnomalyMap | undefined>();
      if (one) expectTypeOf(one.map).toEqualTypeOf<AnomalyMap>();
      for await (const each of client.detector('wood').predictAll([image], { map: true })) {
        expectTypeOf(each.map).toEqualTypeOf<AnomalyMap>();
      }
    });
  });
});

describe('an event of a job', () => {
  it('has the data of its type', () => {
    const take = (event: JobEvent): void => {
      if (event.type === 'status') expectTypeOf(event.data).toEqualTypeOf<Job>();
      if (event.type === 'log') expectTypeOf(event.data.message).toBeString();
      if (event.type !== 'training') return;
      if (event.data.type === 'epoch') expectTypeOf(event.data.heldOut).toEqualTypeOf<number | null>();
    };
    expectTypeOf(take).toBeFunction();
  });
});
