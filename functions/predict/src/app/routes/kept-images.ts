import { IMAGE_FORMATS, sniffFormat } from '@cflow/images';
import type { Feedback } from '@cflow/spec';
import { getKeptImageRoute, keepImageRoute } from '../../openapi/feedback-routes.js';
import type { PredictionIds } from '../../security/prediction-ids.js';
import { bodyLimits, mediaType, readBody } from '../body/read-body.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';
import { signedFacts } from '../signed-facts.js';

/** Images of one detector at most: what it takes to count them is asked for with each. */
const MOST_IMAGES = 10_000;
const MOST_BYTES = 2_000_000_000;

/** Images of predictions, kept where their owner wants it. */
export function keptImageRoutes(parts: AppParts, ids: PredictionIds): App {
  const app = newApp();
  const { registry, limits } = parts;
  const room = { images: MOST_IMAGES, bytes: limits.keptImageBytes ?? MOST_BYTES };

  app.openapi({ ...keepImageRoute, middleware: [requires(parts, 'predict')] }, async (c) => {
    const { id } = c.req.valid('param');
    const type = mediaType(c);
    if (!type.startsWith('image/') && type !== 'application/octet-stream') {
      throw new ProblemError(
        'unsupported-media-type',
        `expected Content-Type image/* or application/octet-stream, got "${type}"`,
      );
    }
    const { name, version } = await signedFacts(ids, id);
    // Before a byte of it is read.
    if ((await registry.settings(name)).keepImageDays === undefined) {
      throw new ProblemError(
        'conflict',
        `no images are kept for "${name}"; their owner sets for how many days, with keepImageDays in its settings`,
      );
    }
    const image = await readBody(c, bodyLimits(limits));
    const format = sniffFormat(image);
    if (!format || 'unsupported' in format) {
      throw new ProblemError('image', `expected ${IMAGE_FORMATS}, got something else`);
    }
    const prediction = { name, version, prediction: id };
    await registry.keepImage(prediction, image, room);
    const said = (await registry.feedbackOf(prediction)) as Feedback;
    const keptAt = new Date(parts.now()).toISOString();
    return c.json({ ...said, image: { bytes: image.length, keptAt } }, 200);
  });

  app.openapi({ ...getKeptImageRoute, middleware: [requires(parts, 'read')] }, async (c) => {
    const { id } = c.req.valid('param');
    const { name, version } = await signedFacts(ids, id);
    const image = await registry.keptImage({ name, version, prediction: id });
    if (!image) throw new ProblemError('not-found', 'the image of this prediction is not kept');
    return c.body(new Uint8Array(image), 200, {
      'content-type': 'application/octet-stream',
      'cache-control': 'private, no-store',
      // A stranger's bytes: never a page of this service.
      'content-disposition': 'attachment',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });
  return app;
}
