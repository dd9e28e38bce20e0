import { type BundleManifest, type JobRequest, jobRequestSchema, type RetrainBody } from '@cflow/spec';
import { retrainRoute } from '../../openapi/retrain-route.js';
import { refuseWebhook, trainingParts } from '../job-request.js';
import { jsonBody } from '../json/json-body.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { invalid, ProblemError } from '../problem.js';
import { requires } from '../requires.js';
import { shownTo } from '../shown-to.js';

/** From what people said to a version that is better. */
export function retrainRoutes(parts: AppParts): App {
  const app = newApp();
  const middleware = [requires(parts, 'train'), jsonBody(parts.limits)];

  app.openapi({ ...retrainRoute, middleware }, async (c) => {
    const { name } = c.req.valid('param');
    const { version: reference, ...asked } = c.req.valid('json');
    refuseWebhook(parts, asked);
    const { jobs } = trainingParts(parts);
    const version = await parts.registry.resolve(name, reference);
    const before = (await jobs.trained(name, version))?.request;
    const dataSet = asked.dataSet ?? (await keptDataSet(parts, name, version, before));
    const { manifest } = before ? { manifest: undefined } : await parts.registry.version(name, version);
    const request = jobRequestSchema.safeParse({
      ...(before ?? likeManifest(manifest as BundleManifest)),
      name,
      dataSet,
      alias: asked.alias,
      webhook: asked.webhook,
      retrain: { version },
    } satisfies Partial<JobRequest> & Pick<RetrainBody, 'alias'>);
    if (!request.success) throw invalid(request.error);
    const { job } = await jobs.create(request.data, {
      idempotencyKey: c.req.valid('header')['idempotency-key'],
      owner: c.get('caller')?.name as string,
    });
    c.header('Location', `/v1/jobs/${job.id}`);
    return c.json(shownTo(c, job), 202);
  });
  return app;
}

/** Where the images of a version are. Throws ProblemError `data-set` when nobody has them any more. */
async function keptDataSet(
  parts: AppParts,
  name: string,
  version: string,
  before: JobRequest | undefined,
): Promise<JobRequest['dataSet']> {
  const { objects } = trainingParts(parts);
  const dataSet = before?.dataSet;
  if (dataSet && ('url' in dataSet || (await objects.head(dataSet.path)))) return dataSet;
  const why = dataSet
    ? 'are not kept any more (keepImageDays in its settings says for how long)'
    : 'are not known here: no job of this service has trained it';
  throw new ProblemError(
    'data-set',
    `the images of version ${version.slice(0, 12)} of "${name}" ${why}; upload them again, and name them as dataSet`,
  );
}

/** Of a version that came from elsewhere: trained as its manifest says, as far as that is known. */
function likeManifest({ configuration, provenance, precision }: BundleManifest): Partial<JobRequest> {
  const preset = jobRequestSchema.shape.preset.safeParse(provenance.preset);
  return { ...(preset.success && { preset: preset.data }), configuration, precision };
}
