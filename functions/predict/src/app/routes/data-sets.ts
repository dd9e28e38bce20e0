import type { DataSetUse } from '@cflow/jobs';
import type { StoredDataSet } from '@cflow/spec';
import type { ObjectInfo } from '@cflow/store';
import {
  deleteDataSetRoute,
  getDataSetRoute,
  inspectDataSetRoute,
  listDataSetsRoute,
  uploadDataSetRoute,
} from '../../openapi/data-set-routes.js';
import { bodyChunks, mediaType, uploadLimits } from '../body/read-body.js';
import { Budget } from '../budget.js';
import { DATA_SETS, dataSetOf, lifeOfDataSet } from '../data-sets.js';
import { trainingParts } from '../job-request.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';
import { storeDataSet } from '../store-data-set.js';

/** Archives for jobs; where no training is offered each answers 404 and says so. */
export function dataSetRoutes(parts: AppParts): App {
  const app = newApp();
  const train = [requires(parts, 'train')];
  const { dataSetLifeMs } = parts;

  app.openapi({ ...uploadDataSetRoute, middleware: train }, async (c) => {
    const { objects } = trainingParts(parts);
    const type = mediaType(c);
    if (type !== 'application/zip' && type !== 'application/octet-stream') {
      throw new ProblemError(
        'unsupported-media-type',
        `expected Content-Type application/zip or application/octet-stream, got "${type}"`,
      );
    }
    c.get('deadline').lift();
    return c.json(await storeDataSet(objects, bodyChunks(c, uploadLimits(parts.limits)), parts.now), 201);
  });

  app.openapi({ ...listDataSetsRoute, middleware: train }, async (c) => {
    const { jobs, objects } = trainingParts(parts);
    const { limit, after } = c.req.valid('query');
    const found = await objects.list(DATA_SETS, {
      limit: limit + 1,
      after: after === undefined ? undefined : DATA_SETS + after,
    });
    const page = found.slice(0, limit);
    const uses = await jobs.dataSetUses(page.map(({ key }) => key));
    const next = found.length > limit ? (page.at(-1)?.key.slice(DATA_SETS.length) ?? null) : null;
    const dataSets = await Promise.all(page.map((info) => told(info, uses.get(info.key))));
    return c.json({ dataSets, next }, 200);
  });

  app.openapi({ ...getDataSetRoute, middleware: train }, async (c) => {
    const { jobs, objects } = trainingParts(parts);
    const path = DATA_SETS + c.req.valid('param').name;
    const info = await objects.head(path);
    if (!info) throw noDataSet(path);
    return c.json(await told(info, (await jobs.dataSetUses([path])).get(path)), 200);
  });

  const inspections = new Budget(1);
  app.openapi({ ...inspectDataSetRoute, middleware: train }, async (c) => {
    const { objects } = trainingParts(parts);
    const { inspectDataSet } = parts;
    if (!inspectDataSet) {
      throw new ProblemError(
        'not-found',
        'data sets are not inspected here, since jobs run elsewhere; a job says how it understood its data set before it trains',
      );
    }
    const path = DATA_SETS + c.req.valid('param').name;
    if (!(await objects.head(path))) throw noDataSet(path);
    // It is unpacked for that, onto the disk that trainings need.
    const place = inspections.claim('');
    if (!place.take(1)) {
      throw new ProblemError('rate-limited', 'another data set is being looked at; try again in a moment', {
        headers: { 'retry-after': '5' },
      });
    }
    try {
      const deadline = c.get('deadline');
      deadline.lift();
      return c.json(await inspectDataSet(path, deadline.signal), 200);
    } finally {
      place.release();
    }
  });

  app.openapi({ ...deleteDataSetRoute, middleware: train }, async (c) => {
    const { jobs, objects } = trainingParts(parts);
    const path = DATA_SETS + c.req.valid('param').name;
    if (!(await objects.head(path))) throw noDataSet(path);
    const found = await jobs.releaseDataSet(path, { restSeconds: 0 }, () => objects.delete(path));
    if (found === 'in-use') {
      throw new ProblemError(
        'conflict',
        `a waiting or running job uses "${path}"; cancel it first, or wait for its end`,
      );
    }
    return c.body(null, 204);
  });

  async function told(info: ObjectInfo, use: DataSetUse | undefined): Promise<StoredDataSet> {
    const { registry } = parts;
    const lifeMs =
      dataSetLifeMs === undefined ? undefined : await lifeOfDataSet(registry, use, dataSetLifeMs);
    return dataSetOf(info, use, lifeMs);
  }
  return app;
}

function noDataSet(path: string): ProblemError {
  return new ProblemError('not-found', `there is no data set "${path}"`);
}
