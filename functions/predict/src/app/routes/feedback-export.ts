import { eachFeedback, markedImages } from '@cflow/store';
import { exportFeedbackRoute } from '../../openapi/feedback-routes.js';
import { callerOf } from '../../security/ip-address.js';
import { Budget } from '../budget.js';
import { feedbackCsv } from '../export/feedback-csv.js';
import { markedZip } from '../export/marked-zip.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';
import { streamOf } from '../stream-of.js';

/** Archives at a time: each has one image of a detector in memory. A caller has half of them at most. */
const MOST_ARCHIVES = 8;
const MOST_OF_A_CALLER = 4;

/** What was said of predictions, for other programs and for training elsewhere. */
export function feedbackExportRoutes(parts: AppParts): App {
  const app = newApp();
  const { registry } = parts;
  const archives = new Budget(MOST_ARCHIVES, { each: MOST_OF_A_CALLER });

  app.openapi({ ...exportFeedbackRoute, middleware: [requires(parts, 'read')] }, async (c) => {
    const { name } = c.req.valid('param');
    const { format, version: reference } = c.req.valid('query');
    const headers = {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/zip',
      'content-disposition': `attachment; filename="${name}-feedback.${format}"`,
      'cache-control': 'no-store',
    };
    // Before anything is looked up: a caller who asks for hundreds at once is refused hundreds of times.
    const place = archives.claim(callerOf(c.get('caller')?.name ?? ''));
    if (format === 'zip' && !place.take(1)) {
      throw new ProblemError(
        'rate-limited',
        `expected at most ${MOST_OF_A_CALLER} archives of a caller at a time, ${MOST_ARCHIVES} of all; wait until one has ended`,
        { headers: { 'retry-after': '5' } },
      );
    }
    let isStream = false;
    try {
      const version = reference && (await registry.resolve(name, reference));
      // Whether there is such a detector, before the answer begins.
      await registry.listFeedback(name, { limit: 1, version });
      // Nobody reads a body then, nor ends it: its place would never be free again.
      if (c.req.raw.method === 'HEAD') return c.body(null, 200, headers);
      c.get('deadline').lift();
      const pieces =
        format === 'csv'
          ? feedbackCsv(eachFeedback(registry, name, version))
          : markedZip(markedImages(registry, name, version));
      isStream = true;
      return c.body(streamOf(pieces, place.release), 200, headers);
    } finally {
      if (!isStream) place.release();
    }
  });
  return app;
}
