import { count, float32, text } from '@cflow/spec';
import { z } from 'zod';
import { ByteCollector } from '../../app/body/byte-collector.js';
import type { JsonData } from '../../app/json/json-data.js';
import { EACH, type JsonDocument } from '../../app/json/json-document.js';
import { scanJson } from '../../app/json/read-json.js';
import { invalid, ProblemError } from '../../app/problem.js';

/** Numbers of a tensor's shape at most: of images there are four. */
const MAX_RANK = 8;
/** Inputs, and outputs, of one request: there are two and four. */
const MAX_TENSORS = 16;
/** Characters of the name of a tensor; ours have twenty at most. */
const MAX_TENSOR_NAME = 64;
/** Values of a tensor in JSON: its pixels, and as many of them as a body can hold. */
const MAX_VALUES: number = 2 ** 28;

const parametersSchema = z.record(z.string(), z.unknown());

const inputSchema = z.object({
  name: text(MAX_TENSOR_NAME),
  datatype: text(20),
  shape: z.array(count()).min(1).max(MAX_RANK),
  parameters: z.object({ binary_data_size: count().optional() }).optional(),
  data: z.array(z.unknown()).max(MAX_VALUES).optional(),
});

const outputSchema = z.object({
  name: text(MAX_TENSOR_NAME),
  parameters: z.object({ binary_data: z.boolean().optional() }).optional(),
});

/** The JSON of `POST /v2/models/{name}/infer`, as far as it is used. */
export const inferRequestSchema = z
  .object({
    id: text(1000).optional(),
    parameters: z
      .object({
        threshold: float32().optional(),
        false_alarm_rate: z.number().gt(0).lt(1).optional(),
        binary_data_output: z.boolean().optional(),
      })
      .optional()
      .describe('Also those of others, which are ignored'),
    inputs: z.array(inputSchema).min(1).max(MAX_TENSORS),
    outputs: z.array(outputSchema).max(MAX_TENSORS).optional(),
  })
  .meta({ id: 'OpenInferenceRequest' });

export const inferResponseSchema = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters: parametersSchema,
    outputs: z.array(
      z.object({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.number().int()),
        parameters: parametersSchema.optional(),
        data: z.array(z.unknown()).optional(),
      }),
    ),
  })
  .meta({ id: 'OpenInferenceResponse' });

export type InferRequest = z.infer<typeof inferRequestSchema>;
type InputJson = InferRequest['inputs'][number];

/** One input tensor: its JSON values, or its bytes where they came behind the JSON. */
export interface InputTensor {
  name: string;
  datatype: string;
  shape: number[];
  content: { data: JsonData } | { bytes: Uint8Array };
}

/**
 * Takes a request apart while it arrives.
 *
 * @param headerLength The header Inference-Header-Content-Length: how much of the body is JSON. Undefined: all of it.
 * @throws ProblemError `invalid-request`, and what reading the chunks throws
 */
export async function readInferRequest(
  chunks: AsyncIterable<Uint8Array>,
  headerLength: string | undefined,
): Promise<{ request: InferRequest; inputs: InputTensor[] }> {
  if (headerLength !== undefined && !/^\d{1,12}$/.test(headerLength)) refuseLength(headerLength);
  const length = headerLength === undefined ? Number.POSITIVE_INFINITY : Number(headerLength);
  const rest = new ByteCollector();
  const header = { bytes: 0 };
  const document = await scanJson(headerOf(chunks, length, header, rest), {
    data: [['inputs', EACH, 'data']],
  });
  if (headerLength !== undefined && header.bytes < length) refuseLength(headerLength);
  const parsed = inferRequestSchema.safeParse(document.value);
  if (!parsed.success) throw invalid(parsed.error);
  const binary = rest.take();
  let offset = 0;
  const inputs = parsed.data.inputs.map((input): InputTensor => {
    const size = input.parameters?.binary_data_size;
    const { name, datatype, shape } = input;
    if (size === undefined) return { name, datatype, shape, content: { data: dataOf(input, document) } };
    if (input.data) refuse(`input "${name}" has both "data" and "binary_data_size"; expected one of them`);
    if (offset + size > binary.length) {
      refuse(
        `input "${name}" should have ${size} bytes behind the JSON, got ${binary.length - offset}; see Inference-Header-Content-Length`,
      );
    }
    const bytes = binary.subarray(offset, offset + size);
    offset += size;
    return { name, datatype, shape, content: { bytes } };
  });
  if (offset !== binary.length) {
    refuse(
      `${binary.length - offset} bytes behind the JSON belong to no input; expected the "binary_data_size" of each`,
    );
  }
  return { request: parsed.data, inputs };
}

function dataOf({ name, data }: InputJson, document: JsonDocument): JsonData {
  return document.dataOf(data ?? refuse(`input "${name}" has no "data"`));
}

/** The bytes of the header, counted; what follows them goes to `rest`. */
async function* headerOf(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
  header: { bytes: number },
  rest: ByteCollector,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    const part = chunk.subarray(0, length - header.bytes);
    header.bytes += part.length;
    if (part.length > 0) yield part;
    rest.add(chunk.subarray(part.length));
  }
}

function refuseLength(found: string): never {
  refuse(
    `expected Inference-Header-Content-Length to be the bytes of JSON at the start of the body, got "${found.slice(0, 20)}"`,
  );
}

function refuse(detail: string): never {
  throw new ProblemError('invalid-request', detail);
}
