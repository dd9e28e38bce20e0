// The story of a request through the core, and of each of its images: what is called here, one after the other, is all that
// happens between a request and its results.
import { backboneKey, type ImageInput, imageInput } from '@cflow/detector';
import { ConfigurationError, type Span } from '@cflow/spec';
import type { Admission } from './admission/admission.js';
import type { RawOutput } from './batches/batch.js';
import { acquireDetectors } from './detectors/acquire-detectors.js';
import type { DetectorSource } from './detectors/detector-source.js';
import { groupResidents, type Resident, requireDevice } from './detectors/resident.js';
import type { SettingsReader } from './detectors/settings-reader.js';
import { finishResult } from './images/finish-result.js';
import type { ImageWork } from './images/image-work.js';
import { ofImage } from './images/of-image.js';
import { inSpan } from './in-span.js';
import type { InferenceRequest, InferenceResult } from './inference.js';
import { abortReason, InferenceError, orAborted } from './inference-error.js';
import { scoreRow } from './lanes/score-row.js';
import type { InferenceObserver } from './observer.js';

/** What scores. */
export interface Core {
  admission: Admission;
  detectors: DetectorSource;
  settings: SettingsReader;
  images: ImageWork;
  /** Most pixels along an overlay's longest side. */
  overlaySide: number;
  observer: InferenceObserver;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  createAbortController(): AbortController;
}

/**
 * One result for each image and detector of a request.
 *
 * @param spare With what nobody else needs: it takes no place in the queue, and no detector makes room for it.
 */
export async function predict(
  core: Core,
  request: InferenceRequest,
  spare = false,
): Promise<InferenceResult[]> {
  const { images, detectors, options, span } = request;
  if (images.length === 0 || detectors.length === 0) {
    throw new ConfigurationError('a request needs at least one image and one detector');
  }
  if (request.signal.aborted) throw abortReason(request.signal);
  // A place in the queue for each image, or a refusal at once.
  const ticket = spare ? undefined : core.admission.enter(images.length);
  // One image that fails ends the request: the others are not scored for nothing.
  const failed = core.createAbortController();
  const { signal } = failed;
  const abort = (): void => failed.abort(request.signal.reason);
  request.signal.addEventListener('abort', abort, { once: true });
  // References become versions, and versions detectors in memory, which stay there until the request ends.
  const acquired = acquireDetectors(core, detectors, { signal, spare });
  try {
    core.images.warm();
    const residents = await inSpan(span?.begin('detector'), () => orAborted(acquired.residents, signal));
    for (const resident of residents) requireDevice(resident, options.device);
    const results = await Promise.all(
      images.map(async (_, index) => {
        const begun = span?.begin('image', { attributes: { 'cflow.image': index } });
        const result = await inSpan(begun, (part) =>
          predictImage(core, { request, index, residents, signal, span: part }),
        );
        ticket?.leave(1, true);
        return result;
      }),
    );
    return results.flat();
  } catch (error) {
    throw request.signal.aborted ? abortReason(request.signal) : error;
  } finally {
    request.signal.removeEventListener('abort', abort);
    failed.abort(new InferenceError('unavailable', 'another image of the request failed'));
    ticket?.leave(images.length, false);
    acquired.release();
  }
}

/** One image of a request, and the detectors that it goes through. */
interface OneImage {
  request: InferenceRequest;
  index: number;
  residents: readonly Resident[];
  signal: AbortSignal;
  span: Span | undefined;
}

async function predictImage(core: Core, one: OneImage): Promise<InferenceResult[]> {
  const { request, index, residents, signal, span } = one;
  const { images: work, settings, observer, now, overlaySide } = core;
  const { options } = request;
  const { image, ignore } = request.images[index] as InferenceRequest['images'][number];
  const groups = groupResidents(residents);
  const inputs = groups.map(([first]) => imageInput((first as Resident).manifest));

  // Decoded, and resampled to the planes that each network takes: by an image thread.
  const started = now();
  const task = { image, ignore, inputs, ...(options.overlay && { pictureSide: overlaySide }) };
  const prepared = await ofImage(
    index,
    inSpan(span?.begin('prepare'), () => work.prepare(task, signal)),
  );
  observer.decode?.(now() - started);

  // Scored: it waits for others of its backbone, and a lane of the device runs the batch.
  const withMap = await needsMap(one, settings);
  const outputs = await Promise.all(
    groups.map((group, g) => {
      const { pool, manifest } = group[0] as Resident;
      // The padding has to be told from the picture.
      const map = withMap || (inputs[g] as ImageInput).geometry === 'pad';
      const row = {
        backbone: backboneKey(manifest),
        planes: prepared.planes[g] as Uint8Array,
        heads: group.map(({ key }) => ({ key, map })),
        readyAt: now(),
        span,
      };
      return scoreRow(pool, row, signal);
    }),
  );

  // Score and map become verdict, regions and pictures: by an image thread again, where there is a map.
  const finished = groups.flatMap((group, g) =>
    group.map(async (resident, i) => {
      const part = span?.begin('finish', { attributes: { 'cflow.detector': resident.name } });
      const output = outputs[g]?.[i] as RawOutput;
      const result = await inSpan(part, async () =>
        finishResult(
          { resident, output, prepared, group: g, image: index, asked: options },
          await settings.of(resident.name),
          work,
          signal,
        ),
      );
      return [resident, result] as const;
    }),
  );
  const found = new Map(await ofImage(index, Promise.all(finished)));
  return residents.map((resident) => found.get(resident) as InferenceResult);
}

/** Whether somebody asks for more than the score. */
async function needsMap({ request, index, residents }: OneImage, settings: SettingsReader): Promise<boolean> {
  const { map, overlay, regions } = request.options;
  const decided = await Promise.all(residents.map(({ name }) => settings.of(name)));
  return (
    map !== 'none' ||
    overlay ||
    regions ||
    request.images[index]?.ignore !== undefined ||
    decided.some((each) => Boolean(each?.ignore))
  );
}
