import type { BundleSource } from '@cflow/detector';
import { BUNDLE_FILES, BundleError, MAX_BUNDLE_FILES } from '@cflow/spec';
import type { Context } from 'hono';
import { collect } from './body/collect.js';
import { bodyChunks, bodyMemoryBytes, holdBytes, mediaType, uploadLimits } from './body/read-body.js';
import type { AppEnvironment } from './environment.js';
import { readMultipart } from './multipart/read-multipart.js';
import type { Limits } from './parts.js';
import { ProblemError } from './problem.js';

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** A bundle is checked in memory. Four times the largest that the known backbones give. */
const MOST_BUNDLE_BYTES = 2 ** 30;
/** Those that a manifest may list, and itself. */
const MOST_FILES = MAX_BUNDLE_FILES + 1;

/**
 * Reads the files of a bundle from a form. What has arrived counts as held, what was announced does not: a slow upload keeps
 * nobody out. Throws ProblemError when it is not a bundle, `queue-full` when requests hold too much.
 */
export async function readUploadedBundle(c: Context<AppEnvironment>, limits: Limits): Promise<BundleSource> {
  const type = mediaType(c);
  if (type !== 'multipart/form-data') {
    throw new ProblemError(
      'unsupported-media-type',
      `expected the bundle's files as multipart/form-data, got "${type}"`,
    );
  }
  const most = Math.min(MOST_BUNDLE_BYTES, bodyMemoryBytes(limits));
  const chunks = bodyChunks(c, uploadLimits(limits, most));
  const files = new Map<string, Uint8Array>();
  for await (const { name, filename = '', body } of readMultipart(
    c.req.header('content-type') as string,
    chunks,
  )) {
    if (name !== 'file' || !FILE_NAME.test(filename)) {
      throw new ProblemError(
        'invalid-request',
        'file: expected only files in fields of this name, each with its plain name as in the bundle',
      );
    }
    if (files.has(filename)) throw new ProblemError('invalid-request', `file: ${filename} came twice`);
    if (files.size === MOST_FILES) {
      throw new ProblemError('invalid-request', `file: expected at most ${MOST_FILES} files`);
    }
    files.set(filename, await collect(held(c, body)));
  }
  if (!files.has(BUNDLE_FILES.manifest)) {
    throw new ProblemError('invalid-request', `file: expected ${BUNDLE_FILES.manifest} among the files`);
  }
  return {
    name: 'upload',
    async read(file) {
      const bytes = files.get(file);
      if (!bytes) throw new BundleError(`the upload has no ${file}; send every file that the manifest lists`);
      return bytes;
    },
  };
}

async function* held(
  c: Context<AppEnvironment>,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    holdBytes(c, chunk.length);
    yield chunk;
  }
}
