import type { InferenceRequest } from '@cflow/inference';
import {
  boundedRecord,
  insteadOfRegion,
  MAX_DETECTORS_PER_REQUEST,
  MAX_FORM_FIELD,
  MAX_IMAGES_PER_REQUEST,
  MAX_NAME,
  type PredictImage,
  type PredictRequestOptions,
  predictImageSchema,
  predictOptionsSchema,
  text,
} from '@cflow/spec';
import type { Context } from 'hono';
import { z } from 'zod';
import { predictManyTexts } from '../openapi/predict-options.js';
import { collect } from './body/collect.js';
import { bodyLimits, heldChunks, mediaType, readBody } from './body/read-body.js';
import type { AppEnvironment } from './environment.js';
import { meant } from './faults.js';
import { fetchFile } from './fetch-file.js';
import { EACH, type JsonDocument, type JsonPath } from './json/json-document.js';
import { parseJson, readJson } from './json/read-json.js';
import { type MultipartPart, readMultipart } from './multipart/read-multipart.js';
import type { AppParts } from './parts.js';
import { invalid, ProblemError } from './problem.js';
import { PROBLEM_LIMITS } from './problem-limits.js';
import { refuseWhenFull } from './refuse-when-full.js';
import { shortened } from './shortened.js';

type PredictContext = Context<AppEnvironment>;
type Images = InferenceRequest['images'];
type Texts = Omit<z.output<typeof predictManyTexts>, 'detectors'> & { detectors?: string | undefined };

/** What a request asks for, whatever form it came in. */
export interface PredictRequest {
  images: Images;
  /** As written; undefined when the request does not say. */
  detectors: readonly string[] | undefined;
  options: PredictRequestOptions;
}

/** Fields and images by name, each of which a schema of its own looks at after. */
const memberSchema = boundedRecord(text(MAX_NAME), z.unknown(), 64);
const imagesSchema = z
  .array(predictImageSchema, 'expected a list of images, each {"base64": "…"} or {"url": "https://…"}')
  .min(1)
  .max(MAX_IMAGES_PER_REQUEST);
const detectorNamesSchema = z.array(text(130)).max(MAX_DETECTORS_PER_REQUEST);

/** What a form may have. */
const FORM_FIELDS: ReadonlySet<string> = new Set([
  'image',
  'ignore',
  'options',
  ...Object.keys(predictManyTexts.shape),
]);

/** Where images are in JSON. */
const IMAGES: readonly JsonPath[] = [
  ['images', EACH, 'base64'],
  ['images', EACH, 'ignore', 'base64'],
];

/**
 * Reads the body of a prediction, unless the queue has no place for what is in it. `query` are the options of the
 * address; those of the body count before them.
 */
export async function readPredictRequest(
  c: PredictContext,
  parts: AppParts,
  query: Texts,
): Promise<PredictRequest> {
  const type = mediaType(c);
  refuseWhenFull(parts);
  if (type === 'application/json') return ofJson(c, parts, query);
  if (type === 'multipart/form-data') return ofForm(c, parts, query);
  if (type.startsWith('image/') || type === 'application/octet-stream') return ofImage(c, parts, query);
  throw new ProblemError(
    'unsupported-media-type',
    `expected Content-Type image/*, application/octet-stream, multipart/form-data or application/json, got "${type}"; for an image as it is: curl -H "Content-Type: image/png" --data-binary @image.png`,
  );
}

async function ofImage(c: PredictContext, parts: AppParts, query: Texts): Promise<PredictRequest> {
  const encoded = await readBody(c, bodyLimits(parts.limits));
  if (encoded.length === 0) throw new ProblemError('invalid-request', 'expected an image, got an empty body');
  return { images: [{ image: { encoded } }], ...chosen(query, {}) };
}

async function ofForm(c: PredictContext, parts: AppParts, query: Texts): Promise<PredictRequest> {
  const images: Uint8Array[] = [];
  const masks: Uint8Array[] = [];
  const texts: Record<string, string> = {};
  let json: Record<string, unknown> = {};
  const chunks = heldChunks(c, bodyLimits(parts.limits));
  for await (const part of readMultipart(c.req.header('content-type') as string, chunks)) {
    const { name } = part;
    if (!FORM_FIELDS.has(name)) throw unknownField(part);
    const bytes = await collect(part.body);
    if (name === 'image' || name === 'ignore') {
      (name === 'image' ? images : masks).push(bytes);
      if (images.length > MAX_IMAGES_PER_REQUEST || masks.length > MAX_IMAGES_PER_REQUEST) {
        throw new ProblemError(
          'invalid-request',
          `${name}: expected at most ${MAX_IMAGES_PER_REQUEST} files`,
        );
      }
    } else if (Object.hasOwn(texts, name) || (name === 'options' && Object.keys(json).length > 0)) {
      throw new ProblemError('invalid-request', `${shown(name)}: expected one field of this name`);
    } else if (name === 'options') json = optionsOf(bytes);
    else texts[name] = fieldText(name, bytes);
  }
  if (images.length === 0) {
    throw new ProblemError('invalid-request', 'image: expected one file or more in fields of this name');
  }
  if (masks.length > 1 && masks.length !== images.length) {
    throw new ProblemError(
      'invalid-request',
      `ignore: expected one mask for all images, or ${images.length}, got ${masks.length}`,
    );
  }
  const { detectors, ...fields } = checked(predictManyTexts, texts);
  const both = { ...query, ...fields, ...(detectors !== undefined && { detectors }) };
  return {
    images: images.map((encoded, i) => ({
      image: { encoded },
      ignore: masks.length === 1 ? masks[0] : masks[i],
    })),
    ...chosen(both, json),
  };
}

async function ofJson(c: PredictContext, parts: AppParts, query: Texts): Promise<PredictRequest> {
  const document = await readJson(c, bodyLimits(parts.limits), { base64: IMAGES });
  const { images, ...rest } = checked(memberSchema, document.value);
  const listed = checked(imagesSchema, images, 'images');
  const wanted = chosen(query, rest);
  return { images: await filesOf(c, parts, listed, document), ...wanted };
}

// One after another: an address may give as much as a whole body may have.
async function filesOf(
  c: PredictContext,
  parts: AppParts,
  listed: readonly PredictImage[],
  document: JsonDocument,
): Promise<Images> {
  let left = parts.limits.bodyBytes;
  const bytesOf = async (file: { base64: string } | { url: string }, at: string): Promise<Uint8Array> => {
    const bytes = 'url' in file ? await fetchFile(c, parts, file.url, left) : document.bytesOf(file.base64);
    if (!bytes?.length) {
      throw new ProblemError(
        'invalid-request',
        `${at}.base64: expected base64, in either alphabet, padded or not, in lines or as a data: URI`,
      );
    }
    left -= bytes.length;
    return bytes;
  };
  const images: { image: { encoded: Uint8Array }; ignore?: Uint8Array }[] = [];
  for (const [i, { ignore, ...image }] of listed.entries()) {
    const encoded = await bytesOf(image, `images.${i}`);
    const mask = ignore && (await bytesOf(ignore, `images.${i}.ignore`));
    images.push({ image: { encoded }, ...(mask && { ignore: mask }) });
  }
  return images;
}

// Options of the body before those of the address.
function chosen(texts: Texts, json: Record<string, unknown>): Omit<PredictRequest, 'images'> {
  const { detectors: listed, ...fromTexts } = texts;
  const { detectors: named, ...fromJson } = json;
  const given = Object.fromEntries(Object.entries(fromTexts).filter(([, value]) => value !== undefined));
  const options = checked(predictOptionsSchema, { ...given, ...fromJson });
  const detectors =
    named === undefined ? listed?.split(',') : checked(detectorNamesSchema, named, 'detectors');
  return { options, detectors };
}

// Before anything of it is read: it may be a file of any size.
function unknownField({ name, filename }: MultipartPart): ProblemError {
  const known = [...FORM_FIELDS];
  const told = insteadOfRegion(name);
  const other =
    filename === undefined
      ? meant(name, known) || `; those of a form are ${known.join(', ')}`
      : '; a picture goes in "image", a mask in "ignore"';
  const hint = told === undefined ? other : `; ${told}`;
  return new ProblemError('invalid-request', `there is no field ${shown(name)}${hint}`, {
    headers: { connection: 'close' },
  });
}

function optionsOf(bytes: Uint8Array): Record<string, unknown> {
  return checked(memberSchema, parseJson(bytes, 'options'), 'options');
}

function fieldText(name: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_FORM_FIELD)
    throw new ProblemError('invalid-request', `${shown(name)}: the field is too long`);
  return new TextDecoder().decode(bytes);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, within = ''): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error, within);
}

const shown = (name: string): string => JSON.stringify(shortened(name, PROBLEM_LIMITS.nameCharacters));
