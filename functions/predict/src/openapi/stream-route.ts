import { createRoute } from '@hono/zod-openapi';
import { detectorParameter } from './parameters.js';
import { predictOptionTexts } from './predict-options.js';
import { KEYS, problems } from './responses.js';

/** Frames over a WebSocket. Not in the document: OpenAPI has no words for what is said there, nor an answer of 2xx to show. */
export const streamRoute = createRoute({
  hide: true,
  method: 'get',
  path: '/v1/detectors/{detector}/stream',
  operationId: 'streamFrames',
  tags: ['Predict'],
  summary: 'Frames in, verdicts out, over a WebSocket',
  description: [
    'Needs the scope `predict`, and a WebSocket of the subprotocol `cflow.v1` (answered with 101). Each binary message is an image file, each text of the service a JSON object: `ready` with `credit`, the frames that may be without a verdict, and `frameBytes`; `verdict` with `frame`, which counts the messages from 1, and `prediction`; `dropped` for a frame beyond the credit or the rate, with `dropped`, how many so far; `error` with `problem`.',
    'A key comes in the headers as elsewhere, or, from pages, as the further subprotocol `cflow.key.` and the key in base64url without padding.',
  ].join(' '),
  security: KEYS,
  request: { params: detectorParameter, query: predictOptionTexts },
  responses: {
    ...problems(400, 401, 403, 426),
  },
});
