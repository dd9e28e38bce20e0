// What may come from outside, at most: in bodies, addresses and headers of requests, and in the manifests of bundles. One
// list, so that it can be read as one. Bytes of bodies are the service's to limit (`CFLOW_MAX_BODY_MB` and its kin).
import * as z from 'zod';

/** Of a record of manifests or requests that is written for people or for logs: a source, a license, a data set. */
export const MAX_TEXT = 1024;
/** Of a name inside networks and versions: of layers, devices, programs. */
export const MAX_NAME = 256;
/** What browsers, proxies and servers agree on for an address. */
export const MAX_URL = 2048;
/** What a page of a list gives to ask for the next one with. */
export const MAX_CURSOR = 300;
/** What a person says of a prediction. */
export const MAX_NOTE = 2000;
/** Outlines that a person draws on a picture, and corners of each. */
export const MAX_OUTLINES = 16;
export const MAX_CORNERS = 64;
/** Pixels of a picture: what images are decoded of, at most. */
export const MAX_PIXELS: number = 2 ** 26;
/** Days that images may be kept for: ten years. */
export const MAX_DAYS = 3650;
/** Base64 of the largest image file that is decoded, 256 MiB. */
export const MAX_BASE64: number = 4 * Math.ceil(2 ** 28 / 3);
/** Characters of a field of a form that is not a file. */
export const MAX_FORM_FIELD: number = 2 ** 16;
/** Characters of a number in an address or a form: more digits than a double has, with sign and exponent. */
export const MAX_NUMBER_TEXT = 64;

/** Unknown fields of an object that are still looked at, to name them; an object with more is refused for their number. */
export const MAX_UNKNOWN_FIELDS = 8;
/** Layers that a detector taps. Three or four are usual, and each has a decoder. */
export const MAX_LAYERS = 64;
/** Bytes of a manifest: what calibration stores of scores is most of it, and has 50 kB at the most. */
export const MAX_MANIFEST_BYTES: number = 2 ** 18;
/** Files of a bundle: seven are known. */
export const MAX_BUNDLE_FILES = 64;
/** Programs whose versions a bundle remembers. */
export const MAX_VERSIONS_NAMED = 64;

/** Largest float32: what scores, thresholds and constants are computed in. */
export const MAX_FLOAT32 = 3.4028234663852886e38;
/** What a signed integer of 32 bits holds: counts, sizes, and ids of events in their column. */
export const MAX_INT32: number = 2 ** 31 - 1;
/** Bytes of one file: a tebibyte. */
export const MAX_FILE_BYTES: number = 2 ** 40;
/** Pixels along one side of what a detector resizes images to. */
export const MAX_INPUT_SIDE = 16_384;

/** Text whose length is looked at before anything else of it is, and nothing else where it is too long. */
export const text = (most: number): z.ZodString => z.string().max(most, { abort: true });

/** A number that float32 can hold. */
export const float32 = (): z.ZodNumber => z.number().min(-MAX_FLOAT32).max(MAX_FLOAT32);

/** A number above 0 that float32 can hold. */
export const positiveFloat32 = (): z.ZodNumber => z.number().positive().max(MAX_FLOAT32);

/** A whole number from 0. */
export const count = (most: number = MAX_INT32): z.ZodNumber => z.number().int().nonnegative().max(most);
