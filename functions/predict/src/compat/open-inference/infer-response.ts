import type { InferenceResult } from '@cflow/inference';
import { decodeBase64 } from '../../app/json/base64.js';
import { ProblemError } from '../../app/problem.js';
import type { InferRequest } from './infer-request.js';

/** Values of an anomaly map at most that are written out as JSON text; more than that takes the machine too long. */
export const MAX_JSON_MAP_VALUES: number = 2 ** 20;

const OUTPUT_NAMES = ['score', 'false_alarm_probability', 'label', 'anomaly_map'] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];

const DEFAULT_OUTPUTS: readonly OutputName[] = ['score', 'false_alarm_probability', 'label'];

/** Outputs of a detector whose maps have this size. */
export function outputsOf(
  height: number,
  width: number,
): { name: OutputName; datatype: string; shape: number[] }[] {
  return [
    { name: 'score', datatype: 'FP32', shape: [-1] },
    { name: 'false_alarm_probability', datatype: 'FP32', shape: [-1] },
    { name: 'label', datatype: 'BYTES', shape: [-1] },
    { name: 'anomaly_map', datatype: 'FP32', shape: [-1, 1, height, width] },
  ];
}

export interface WantedOutput {
  name: OutputName;
  binary: boolean;
}

/** @throws ProblemError `invalid-request` for an output that there is not, or twice. */
export function wantedOutputs({ outputs, parameters }: InferRequest): WantedOutput[] {
  const binaryByDefault = parameters?.binary_data_output ?? false;
  if (!outputs || outputs.length === 0) {
    return DEFAULT_OUTPUTS.map((name) => ({ name, binary: binaryByDefault }));
  }
  if (new Set(outputs.map(({ name }) => name)).size !== outputs.length) {
    throw new ProblemError('invalid-request', 'expected each output once');
  }
  return outputs.map(({ name, parameters: own }) => {
    const known = OUTPUT_NAMES.find((each) => each === name);
    if (!known) {
      throw new ProblemError(
        'invalid-request',
        `there is no output "${name}"; expected ${OUTPUT_NAMES.join(', ')}`,
      );
    }
    return { name: known, binary: own?.binary_data ?? binaryByDefault };
  });
}

/** The answer's body, and how much of it is JSON when tensors follow it. */
export function inferResponse(
  name: string,
  { id }: InferRequest,
  results: readonly InferenceResult[],
  wanted: readonly WantedOutput[],
): { body: Uint8Array<ArrayBuffer>; jsonLength: number; binary: boolean } {
  const [first] = results as [InferenceResult, ...InferenceResult[]];
  const behind: Uint8Array[] = [];
  const outputs = wanted.map(({ name: output, binary }) => {
    const tensor = tensorOf(output, results);
    if (!binary) return { ...tensor.head, data: jsonValues(tensor) };
    const bytes = bytesOf(tensor.values);
    behind.push(bytes);
    return { ...tensor.head, parameters: { binary_data_size: bytes.length } };
  });
  const json = new TextEncoder().encode(
    JSON.stringify({
      model_name: name,
      model_version: first.detector.version,
      ...(id !== undefined && { id }),
      parameters: {
        threshold: first.threshold,
        device: first.detector.device,
        ...(first.precisionMode && { precision_mode: first.precisionMode }),
      },
      outputs,
    }),
  );
  const body = concatenate([json, ...behind]);
  return { body, jsonLength: json.length, binary: wanted.some(({ binary }) => binary) };
}

interface OutputTensor {
  head: { name: OutputName; datatype: string; shape: number[] };
  values: Float32Array | string[];
}

function tensorOf(name: OutputName, results: readonly InferenceResult[]): OutputTensor {
  const shape = [results.length];
  switch (name) {
    case 'score':
      return {
        head: { name, datatype: 'FP32', shape },
        values: Float32Array.from(results, ({ score }) => score),
      };
    case 'false_alarm_probability': {
      const values = Float32Array.from(results, ({ falseAlarmProbability }) => falseAlarmProbability);
      return { head: { name, datatype: 'FP32', shape }, values };
    }
    case 'label':
      return { head: { name, datatype: 'BYTES', shape }, values: results.map(({ label }) => label) };
    case 'anomaly_map':
      return mapTensor(results);
  }
}

function mapTensor(results: readonly InferenceResult[]): OutputTensor {
  const { width, height } = (results[0] as InferenceResult).mapSize;
  const size = width * height;
  const values = new Float32Array(results.length * size);
  results.forEach(({ map }, image) => {
    const bytes = map?.format === 'f32' ? decodeBase64(map.data) : undefined;
    if (bytes?.length !== 4 * size)
      throw new Error(`a map of ${width}x${height} came as ${bytes?.length} bytes`);
    const from = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < size; i++) values[image * size + i] = from.getFloat32(4 * i, true);
  });
  return {
    head: { name: 'anomaly_map', datatype: 'FP32', shape: [results.length, 1, height, width] },
    values,
  };
}

function jsonValues({ head, values }: OutputTensor): (number | string)[] {
  if (values.length > MAX_JSON_MAP_VALUES) {
    throw new ProblemError(
      'invalid-request',
      `"${head.name}" has ${values.length} values, JSON may have ${MAX_JSON_MAP_VALUES}; ask for it with "binary_data": true, or send fewer images`,
    );
  }
  return Array.from<number | string>(values);
}

function bytesOf(values: Float32Array | string[]): Uint8Array {
  if (values instanceof Float32Array) {
    const view = new DataView(new ArrayBuffer(4 * values.length));
    for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true);
    return new Uint8Array(view.buffer);
  }
  const encoder = new TextEncoder();
  return concatenate(
    values.flatMap((text) => {
      const bytes = encoder.encode(text);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length, true);
      return [length, bytes];
    }),
  );
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
