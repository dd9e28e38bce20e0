import type { Jobs } from '@cflow/jobs';
import { type JobRequest, jobRequestSchema } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import type { Context } from 'hono';
import { jobWithoutDataSetSchema } from '../openapi/job-routes.js';
import { collect } from './body/collect.js';
import { bodyChunks, bodyLimits, mediaType, uploadLimits } from './body/read-body.js';
import type { AppEnvironment } from './environment.js';
import { JSON_LIMITS } from './json/json-scanner.js';
import { parseJson, readJson } from './json/read-json.js';
import { readMultipart } from './multipart/read-multipart.js';
import type { AppParts } from './parts.js';
import { invalid, ProblemError } from './problem.js';
import { PROBLEM_LIMITS } from './problem-limits.js';
import { shortened } from './shortened.js';
import { storeDataSet } from './store-data-set.js';

/** The parts that training needs. Throws ProblemError `not-found` where none is offered. */
export function trainingParts({ jobs, objects }: Pick<AppParts, 'jobs' | 'objects'>): {
  jobs: Jobs;
  objects: ObjectStore;
} {
  if (jobs && objects) return { jobs, objects };
  throw new ProblemError('not-found', 'this service offers no training: it was started without jobs');
}

/** Refuses a webhook that nothing could sign. */
export function refuseWebhook(
  { webhooks }: Pick<AppParts, 'webhooks'>,
  { webhook }: { webhook?: object | undefined },
): void {
  if (!webhook || webhooks !== false) return;
  throw new ProblemError(
    'invalid-request',
    'webhook: this service sends none, since it has no secret to sign them with; poll the job or follow its events instead',
  );
}

/** Reads the request for a job: JSON, or a form with the JSON and the data set, which is stored first. */
export async function readJobRequest(c: Context<AppEnvironment>, parts: AppParts): Promise<JobRequest> {
  const { limits } = parts;
  const type = mediaType(c);
  if (type === 'application/json') {
    const { value } = await readJson(c, bodyLimits(limits, JSON_LIMITS.bytes));
    const result = jobRequestSchema.safeParse(value);
    if (!result.success) throw invalid(result.error);
    return result.data;
  }
  if (type !== 'multipart/form-data') {
    throw new ProblemError(
      'unsupported-media-type',
      `expected application/json, or multipart/form-data with the data set; got "${type}"`,
    );
  }
  c.get('deadline').lift();
  const { objects } = trainingParts(parts);
  const chunks = bodyChunks(c, uploadLimits(limits));
  let job: ReturnType<typeof jobOf> | undefined;
  let path: string | undefined;
  for await (const { name, body } of readMultipart(c.req.header('content-type') as string, chunks)) {
    if (name === 'job' && !job) job = jobOf(await collect(atMost(JSON_LIMITS.bytes, body)));
    else if (name === 'dataSet' && !path) path = (await storeDataSet(objects, body, parts.now)).path;
    else throw unexpectedField(name);
  }
  if (!job || !path) {
    throw new ProblemError('invalid-request', `${job ? 'dataSet' : 'job'}: expected a field of this name`);
  }
  return { ...job, dataSet: { path } };
}

function unexpectedField(name: string): ProblemError {
  const isTwice = name === 'job' || name === 'dataSet';
  const problem = isTwice ? `${name}: expected one field of this name` : `there is no field ${quoted(name)}`;
  const where = 'the settings go in "job", as JSON, and the ZIP archive in "dataSet"';
  return new ProblemError('invalid-request', `${problem}; ${where}`, { headers: { connection: 'close' } });
}

const quoted = (name: string): string => JSON.stringify(shortened(name, PROBLEM_LIMITS.nameCharacters));

function jobOf(bytes: Uint8Array): Omit<JobRequest, 'dataSet'> {
  const result = jobWithoutDataSetSchema.safeParse(parseJson(bytes, 'job'));
  if (!result.success) throw invalid(result.error, 'job');
  return result.data;
}

async function* atMost(maxBytes: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > maxBytes)
      throw new ProblemError('invalid-request', `job: expected at most ${maxBytes} bytes`);
    yield chunk;
  }
}
