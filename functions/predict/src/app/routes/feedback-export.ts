import { eachFeedback, markedImages } from '@cflow/store';
import { exportFeedbackRoute } from '../../openapi/feedback-routes.js';
import { feedbackCsv } from '../export/feedback-csv.js';
import { markedZip } from '../export/marked-zip.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { requires } from '../requires.js';
import { streamOf } from '../stream-of.js';

/** What was said of predictions, for other programs and for training elsewhere. */
export function feedbackExportRoutes(parts: AppParts): App {
  const app = newApp();
  const { registry } = parts;

  app.openapi({ ...exportFeedbackRoute, middleware: [requires(parts, 'read')] }, async (c) => {
    const { name } = c.req.valid('param');
    const { format, version: reference } = c.req.valid('query');
    const version = reference && (await registry.resolve(name, reference));
    // Whether there is such a detector, before the answer begins.
    await registry.listFeedback(name, { limit: 1, version });
    c.get('deadline').lift();
    const pieces =
      format === 'csv'
        ? feedbackCsv(eachFeedback(registry, name, version))
        : markedZip(markedImages(registry, name, version));
    return c.body(streamOf(pieces), 200, {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/zip',
      'content-disposition': `attachment; filename="${name}-feedback.${format}"`,
      'cache-control': 'no-store',
    });
  });
  return app;
}
