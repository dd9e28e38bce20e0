import { z } from 'zod';
import { invalid, ProblemError } from '../../app/problem.js';

/** Numbers of a tensor's shape at most: of images there are four. */
const MAX_RANK = 8;

const parametersSchema = z.record(z.string(), z.unknown());

const inputSchema = z.object({
  name: z.string().max(200),
  datatype: z.string().max(20),
  shape: z
    .array(
      z
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    )
    .min(1)
    .max(MAX_RANK),
  parameters: z.object({ binary_data_size: z.number().int().min(0).optional() }).optional(),
  data: z.array(z.unknown()).optional(),
});

const outputSchema = z.object({
  name: z.string().max(200),
  parameters: z.object({ binary_data: z.boolean().optional() }).optional(),
});

/** The JSON of `POST /v2/models/{name}/infer`, as far as it is used. */
export const inferRequestSchema = z
  .object({
    id: z.string().max(1000).optional(),
    parameters: z
      .object({
        threshold: z.number().optional(),
        false_alarm_rate: z.number().gt(0).lt(1).optional(),
        binary_data_output: z.boolean().optional(),
      })
      .optional()
      .describe('Also those of others, which are ignored'),
    inputs: z.array(inputSchema).min(1).max(16),
    outputs: z.array(outputSchema).max(16).optional(),
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
  content: { values: readonly unknown[] } | { bytes: Uint8Array };
}

/**
 * Takes a request apart.
 *
 * @param headerLength The header Inference-Header-Content-Length: how much of the body is JSON. Undefined: all of it.
 * @throws ProblemError `invalid-request`
 */
export function readInferRequest(
  body: Uint8Array,
  headerLength: string | undefined,
): { request: InferRequest; inputs: InputTensor[] } {
  const length = headerLength === undefined ? body.length : Number(headerLength);
  if ((headerLength !== undefined && !/^\d{1,12}$/.test(headerLength)) || length > body.length) {
    refuse(
      `expected Inference-Header-Content-Length to be the bytes of JSON at the start of the body (at most ${body.length}), found "${headerLength?.slice(0, 20)}"`,
    );
  }
  const parsed = inferRequestSchema.safeParse(parseJson(body.subarray(0, length)));
  if (!parsed.success) throw invalid(parsed.error);
  const binary = body.subarray(length);
  let offset = 0;
  const inputs = parsed.data.inputs.map((input): InputTensor => {
    const size = input.parameters?.binary_data_size;
    const { name, datatype, shape } = input;
    if (size === undefined) return { name, datatype, shape, content: { values: valuesOf(input) } };
    if (input.data) refuse(`input "${name}" has both "data" and "binary_data_size"; expected one of them`);
    if (offset + size > binary.length) {
      refuse(
        `input "${name}" should have ${size} bytes behind the JSON, found ${binary.length - offset}; see Inference-Header-Content-Length`,
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

function valuesOf({ name, data }: InputJson): readonly unknown[] {
  return data ?? refuse(`input "${name}" has no "data"`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse(
      'the body does not begin with JSON in UTF-8; see Inference-Header-Content-Length for binary tensors',
    );
  }
}

function refuse(detail: string): never {
  throw new ProblemError('invalid-request', detail);
}
