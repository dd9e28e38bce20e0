// What anomalib does to a picture before the network, as a checkpoint tells it: as a plain description since 2.7, and before
// that as torchvision's own objects, which are read as data here.
import { ConfigurationError } from '@cflow/spec';
import { IMAGENET, type PixelNormalization } from '../backbones/architecture.js';
import { PickleObject, type PickleValue } from '../weights/torch-file/pickle-value.js';
import { attributesOf, listOf, numbersOf, settingsOf } from './settings.js';

/** Pictures to what the network takes. */
export interface CheckpointPreProcessing {
  /** [height, width] in pixels that pictures are squeezed to; undefined where the checkpoint does not say. */
  inputSize: readonly [number, number] | undefined;
  /** ImageNet's, which anomalib takes, where the checkpoint does not say. */
  normalization: PixelNormalization;
}

interface Transform {
  /** `Resize`, `Normalize`, … */
  kind: string;
  settings: ReadonlyMap<string, PickleValue>;
}

/** Transforms that change how numbers are kept, which the network here does on its own. */
const KEPT_AS_THEY_ARE: ReadonlySet<string> = new Set([
  'ToImage',
  'ToTensor',
  'PILToTensor',
  'ToDtype',
  'ToImageTensor',
  'ConvertImageDtype',
  'ConvertDtype',
  'ToPureTensor',
  'Identity',
]);

/** Of a picture's transform, and of those inside it. */
const MOST_TRANSFORMS = 64;

/**
 * @param value the transform of a checkpoint; none: nothing is known
 * @param sizeIsGiven whether the size is decided elsewhere, so that what the checkpoint has of it need not be understood
 * @throws ConfigurationError for a transform that is not done here, by its name
 */
export function checkpointPreProcessing(
  value: PickleValue | undefined,
  sizeIsGiven: boolean,
): CheckpointPreProcessing {
  let inputSize: readonly [number, number] | undefined;
  let normalization = IMAGENET;
  for (const { kind, settings } of transformsOf(value ?? null)) {
    if (kind === 'Normalize') normalization = normalizationOf(settings);
    else if (kind === 'Resize' && !sizeIsGiven) inputSize = sizeOf(settings);
    else if (!KEPT_AS_THEY_ARE.has(kind) && !(sizeIsGiven && /^(Resize|CenterCrop)$/.test(kind))) {
      throw new ConfigurationError(
        `the checkpoint's pictures go through "${kind.slice(0, 64)}", which is not done here: pictures are squeezed to a size ` +
          'and normalized. An input size that is given squeezes them instead of resizing and cropping, which gives other scores',
        { details: { transform: kind.slice(0, 64), option: 'inputSize' } },
      );
    }
  }
  return { inputSize, normalization };
}

function transformsOf(value: PickleValue): Transform[] {
  const found: Transform[] = [];
  const waiting: PickleValue[] = [value];
  for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
    const transform = transformOf(each);
    if (!transform) continue;
    const inner = transform.kind === 'Compose' ? listOf(transform.settings.get('transforms')) : undefined;
    if (inner) waiting.unshift(...inner.slice(0, MOST_TRANSFORMS));
    else found.push(transform);
    if (found.length + waiting.length > MOST_TRANSFORMS) {
      throw new ConfigurationError(
        `the checkpoint's pictures go through more than ${MOST_TRANSFORMS} transforms`,
      );
    }
  }
  return found;
}

function transformOf(value: PickleValue): Transform | undefined {
  if (value instanceof PickleObject) return { kind: value.type.name, settings: attributesOf(value) };
  const settings = settingsOf(value);
  const path = settings.get('class_path');
  if (typeof path !== 'string') return undefined;
  return { kind: path.slice(path.lastIndexOf('.') + 1), settings: settingsOf(settings.get('init_args')) };
}

function sizeOf(settings: ReadonlyMap<string, PickleValue>): readonly [number, number] {
  const [height, width, ...more] = numbersOf(settings.get('size')) ?? [];
  const interpolation = settings.get('interpolation');
  const name = interpolation instanceof PickleObject ? interpolation.arguments[0] : interpolation;
  if (height === undefined || width === undefined || more.length > 0) {
    throw new ConfigurationError(
      'the checkpoint resizes the shorter side of a picture, which is not done here: give an input size to squeeze pictures to, ' +
        'which is the same for square ones',
      { details: { option: 'inputSize' } },
    );
  }
  if (name !== undefined && name !== null && name !== 'bilinear') {
    throw new ConfigurationError(
      `the checkpoint resizes pictures by "${String(name).slice(0, 64)}", and here they are resized bilinearly: give an input size ` +
        'to do so all the same, which gives other scores',
      { details: { option: 'inputSize' } },
    );
  }
  return [height, width];
}

function normalizationOf(settings: ReadonlyMap<string, PickleValue>): PixelNormalization {
  const three = (key: string): readonly [number, number, number] => {
    const values = numbersOf(settings.get(key)) ?? [];
    if (
      values.length === 3 &&
      values.every(Number.isFinite) &&
      (key === 'mean' || values.every((each) => each > 0))
    )
      return values as unknown as readonly [number, number, number];
    throw new ConfigurationError(
      `the checkpoint normalizes pictures by "${key}" ${JSON.stringify(values).slice(0, 64)}, and three numbers are expected`,
    );
  };
  return { mean: three('mean'), deviation: three('std') };
}
