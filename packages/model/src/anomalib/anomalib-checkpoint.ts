// A checkpoint of anomalib's Cflow, as Lightning writes it (`.ckpt`), or the whole model as anomalib exports it for PyTorch
// (`.pt`): what of it a detector is made of.
import type { Tensor } from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import type { PixelNormalization } from '../backbones/architecture.js';
import type { DecoderShape } from '../decoder/decoder-shape.js';
import type { PickleObject, PickleValue } from '../weights/torch-file/pickle-value.js';
import { readTorchFile } from '../weights/torch-file/read-torch-file.js';
import { namedTensors, stateDictOf } from '../weights/torch-file/state-dict-of.js';
import { checkpointDecoder, type TensorShape, tensorShapeOf } from './checkpoint-decoder.js';
import { isModule, moduleEntries, submodule } from './module-tensors.js';
import { checkpointPreProcessing } from './pre-processing.js';
import { attributesOf, settingsOf, textsOf } from './settings.js';

/** What a checkpoint does not say, or what is to be done otherwise than it says. */
export interface CheckpointOverrides {
  /** timm's name of the network. */
  backbone?: string | undefined;
  /** Names of the layers that are tapped, as the decoders are in order. */
  layers?: readonly string[] | undefined;
  /** [height, width] in pixels. */
  inputSize?: readonly [number, number] | undefined;
}

export interface AnomalibCheckpoint {
  /** timm's name. */
  backbone: string;
  /** Of the network, by timm's names, those of batch norms among them. */
  backboneTensors: ReadonlyMap<string, Tensor>;
  /** In the order of the reference; `parameters` by the reference's names, permutations as indices where they are ones. */
  decoders: readonly { layer: string; shape: DecoderShape; parameters: Map<string, Tensor> }[];
  inputSize: readonly [number, number];
  normalization: PixelNormalization;
  /** What the detector was trained with, where the checkpoint says so. */
  settings: { fiberBatchSize?: number; lr?: number };
  /** Whole epochs that it was trained for. */
  epochs: number;
  /** What was taken as the reference has it by default, since the checkpoint does not say. */
  assumed: readonly string[];
}

// The reference's defaults, of its Cflow and its PreProcessor.
const DEFAULT_BACKBONE = 'wide_resnet50_2';
const DEFAULT_LAYERS = ['layer2', 'layer3', 'layer4'];
const DEFAULT_CLAMP = 1.9;
const DEFAULT_SIZE = [256, 256] as const;

/** What a manifest holds. */
const MAX_EPOCHS = 0x7fffffff;

/** Where the network's and the decoders' tensors lie in a checkpoint, and in the state dict of the model alone. */
const ENCODER = /^(?:model\.)?encoder\.(?:feature_extractor\.)?(.+)$/;
const DECODER = /^(?:model\.)?decoders\.(\d{1,4})\.(.+)$/;

/**
 * Reads a checkpoint as data: nothing in it is imported, called or run.
 * @throws WeightsError for a file that is not a checkpoint, is of another model, or names what could run code;
 * ConfigurationError for settings that are not supported here
 */
export function readAnomalibCheckpoint(
  bytes: Uint8Array,
  overrides: CheckpointOverrides = {},
): AnomalibCheckpoint {
  const file = readTorchFile(bytes);
  const root = settingsOf(file.value);
  const whole = [root.get('model'), file.value].find(isModule);
  const tensors = whole ? namedTensors(moduleEntries(whole), file) : stateDictOf(file);
  const said = settingsOf(whole ? attributesOf(whole).get('_hparams') : root.get('hyper_parameters'));
  const transform = whole ? exportedTransform(whole) : transformIn(root, said);
  const assumed: string[] = [];
  const assume = <T>(what: string, value: T): T => {
    assumed.push(
      `${what} ${Array.isArray(value) ? value.join(what === 'input size' ? ' x ' : ', ') : value}`,
    );
    return value;
  };

  const { backboneTensors, decoderTensors } = parts(tensors);
  const decoder = said.get('decoder');
  if (decoder !== undefined && decoder !== 'freia-cflow') {
    throw new ConfigurationError(
      `the checkpoint's decoder is "${String(decoder).slice(0, 64)}", and only "freia-cflow" can be imported`,
    );
  }
  const backbone = overrides.backbone ?? textIn(said, 'backbone') ?? assume('backbone', DEFAULT_BACKBONE);
  const layers = overrides.layers ?? textsOf(said.get('layers')) ?? assume('layers', DEFAULT_LAYERS);
  if (layers.length !== decoderTensors.length || new Set(layers).size !== layers.length) {
    throw new ConfigurationError(
      `the checkpoint has ${decoderTensors.length} decoders, and its layers are ${layers.join(', ').slice(0, 200) || 'none'}: name ` +
        'as many, in the order of the decoders',
      { details: { decoders: decoderTensors.length, layers, option: 'layers' } },
    );
  }
  const clampAlpha = numberIn(said, 'clamp_alpha') ?? assume('clamp', DEFAULT_CLAMP);
  const decoders = decoderTensors.map((own, index) => {
    const name = `decoder ${index}`;
    const found = tensorShapeOf(own, name);
    checkSettings(said, found, name);
    const shape: DecoderShape = { kind: 'freia-cflow', ...found, clampAlpha };
    return { layer: layers[index] as string, shape, parameters: checkpointDecoder(own, shape, name) };
  });
  const { inputSize, normalization } = checkpointPreProcessing(transform, overrides.inputSize !== undefined);
  const fiberBatchSize = numberIn(said, 'fiber_batch_size');
  const lr = numberIn(said, 'lr');
  return {
    backbone,
    backboneTensors,
    decoders,
    inputSize: overrides.inputSize ?? inputSize ?? assume('input size', DEFAULT_SIZE),
    normalization,
    settings: { ...(fiberBatchSize !== undefined && { fiberBatchSize }), ...(lr !== undefined && { lr }) },
    epochs: epochsIn(root),
    assumed,
  };
}

function parts(tensors: ReadonlyMap<string, Tensor>): {
  backboneTensors: Map<string, Tensor>;
  decoderTensors: Map<string, Tensor>[];
} {
  const backboneTensors = new Map<string, Tensor>();
  const decoders = new Map<number, Map<string, Tensor>>();
  for (const [name, tensor] of tensors) {
    const encoder = ENCODER.exec(name);
    const decoder = DECODER.exec(name);
    if (encoder) backboneTensors.set(encoder[1] as string, tensor);
    else if (decoder) {
      const index = Number(decoder[1]);
      const own = decoders.get(index) ?? new Map<string, Tensor>();
      decoders.set(index, own.set(decoder[2] as string, tensor));
    }
  }
  if (
    backboneTensors.size === 0 ||
    decoders.size === 0 ||
    ![...decoders.keys()].every((index) => index < decoders.size)
  ) {
    const names = [...tensors.keys()].slice(0, 3).map((name) => `"${name.slice(0, 64)}"`);
    throw new WeightsError(
      'the file is not a checkpoint of anomalib’s Cflow: tensors "model.encoder.…" and "model.decoders.0.…" are expected, and it has ' +
        `${tensors.size}, such as ${names.join(', ')}`,
      { details: { tensors: tensors.size } },
    );
  }
  const decoderTensors = Array.from(
    decoders.keys(),
    (_, index) => decoders.get(index) as Map<string, Tensor>,
  );
  return { backboneTensors, decoderTensors };
}

/** What a checkpoint says beside its tensors must be what they are. */
function checkSettings(said: ReadonlyMap<string, PickleValue>, found: TensorShape, decoder: string): void {
  for (const [key, value] of [
    ['condition_vector', found.conditionVector],
    ['coupling_blocks', found.couplingBlocks],
    ['permute_soft', found.permuteSoft],
  ] as const) {
    const expected = said.get(key);
    if (expected === undefined || expected === null || expected === value) continue;
    throw new WeightsError(
      `the checkpoint says ${key} ${String(expected).slice(0, 64)}, and the tensors of ${decoder} are of ${value}; the file is ` +
        'damaged, or its tensors are of another model',
      { details: { setting: key, decoder, found: value } },
    );
  }
}

/** The transform is a module of the pre-processor, or an attribute where it is not a module. */
function exportedTransform(model: PickleObject): PickleValue | undefined {
  const processor = submodule(model, 'pre_processor');
  if (!isModule(processor)) return undefined;
  return submodule(processor, 'transform') ?? attributesOf(processor).get('transform');
}

/** Where the versions of anomalib keep what is done to pictures. */
function transformIn(
  root: ReadonlyMap<string, PickleValue>,
  said: ReadonlyMap<string, PickleValue>,
): PickleValue | undefined {
  return (
    settingsOf(root.get('anomalib_pre_processor_config')).get('transform') ??
    root.get('transform') ??
    said.get('transform')
  );
}

/** Epochs that Lightning's loop has gone through; where it does not say, from the epoch that it is in, which counts from 0. */
function epochsIn(root: ReadonlyMap<string, PickleValue>): number {
  const loop = settingsOf(settingsOf(root.get('loops')).get('fit_loop'));
  const processed = settingsOf(settingsOf(loop.get('epoch_progress')).get('current')).get('processed');
  const epoch = root.get('epoch');
  const count = typeof processed === 'number' ? processed : typeof epoch === 'number' ? epoch + 1 : 0;
  return Number.isSafeInteger(count) && count > 0 ? Math.min(count, MAX_EPOCHS) : 0;
}

function textIn(settings: ReadonlyMap<string, PickleValue>, key: string): string | undefined {
  const value = settings.get(key);
  return typeof value === 'string' ? value : undefined;
}

function numberIn(settings: ReadonlyMap<string, PickleValue>, key: string): number | undefined {
  const value = settings.get(key);
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
