import { createRoute } from '@hono/zod-openapi';
import { binary } from './binary.js';
import { fileParameter, noQuery } from './parameters.js';
import { COMMON, KEYS, problems } from './responses.js';

const content = { 'application/octet-stream': { schema: binary() } } as const;

const header = (description: string) => ({ schema: { type: 'string' as const }, description });
const headers = {
  ETag: header("The file's SHA-256, in quotes"),
  'Accept-Ranges': header('bytes'),
  'Cache-Control': header('Immutable where the address has the whole version'),
};

const description =
  "Needs the scope `read`. Understands If-None-Match, Range (one range) and If-Range. Files are named in the version's manifest.";

export const getFileRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/versions/{version}/files/{file}',
  operationId: 'getFile',
  tags: ['Versions'],
  summary: "Download one of a version's files",
  description,
  security: KEYS,
  request: { params: fileParameter, query: noQuery },
  responses: {
    200: { description: 'The file', headers, content },
    206: {
      description: 'The range that was asked for',
      headers: { ...headers, 'Content-Range': header('Which bytes of how many') },
      content,
    },
    304: { description: 'It is what the client has', headers },
    ...problems(...COMMON, 404, 416),
  },
});

/** Described only: a framework answers HEAD with what GET would. */
export const headFileRoute = createRoute({
  ...getFileRoute,
  method: 'head',
  operationId: 'headFile',
  summary: "Size and hash of one of a version's files",
  responses: {
    200: { description: 'The file is there', headers },
    206: { description: 'The range that was asked for', headers },
    304: { description: 'It is what the client has', headers },
    400: { description: 'The request is not valid' },
    401: { description: 'An API key is needed' },
    403: { description: 'The API key is not good for this' },
    404: { description: 'There is no such file' },
    416: { description: 'The range lies outside the file' },
    503: { description: 'The service is about to end' },
  },
});
