import type { App } from '../app/new-app.js';
import { headFileRoute } from './file-routes.js';
import { predictJsonSchema, predictManyJsonSchema } from './predict-routes.js';
import { withSpokenDefaults } from './spoken-defaults.js';

/** What the service offers, as OpenAPI 3.1. */
export type OpenApiDocument = ReturnType<App['getOpenAPI31Document']>;

const TAGS = [
  { name: 'Predict', description: 'Scores of images' },
  { name: 'Detectors', description: 'What there is to predict with' },
  { name: 'Versions', description: 'Immutable versions of detectors, named by their hash' },
  { name: 'Aliases', description: 'Movable names of versions' },
  { name: 'Feedback', description: 'What people say of predictions, and whether scores drift' },
  { name: 'Jobs', description: 'Training' },
  { name: 'Service', description: 'Health, description and measurements' },
  { name: 'Hosts', description: 'What SageMaker, Vertex AI and RunPod ask of a container' },
  {
    name: 'Open Inference Protocol',
    description:
      'Version 2 (KServe, Triton) with binary tensors; a model is a detector, errors are {"error"}',
  },
];

/** Adds what no single route declares: who may call, and the bodies that handlers read themselves. */
export function registerComponents(app: App): void {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
  });
  registry.register('PredictBody', predictJsonSchema);
  registry.register('PredictManyBody', predictManyJsonSchema);
  registry.registerPath(headFileRoute);
}

/** Writes down the routes of an app that `createApp` made. */
export function openApiDocument(app: App, version: string): OpenApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'CFLOW detectors over HTTP',
      version,
      description:
        'Scores images with anomaly detectors, keeps their versions, and trains new ones. Errors are problem+json (RFC 9457) with a code for programs and a request id.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/', description: 'This service' }],
  });
  const used = new Set(
    Object.values(document.paths ?? {}).flatMap((path) =>
      Object.values(path).flatMap((operation) => (operation as { tags?: string[] }).tags ?? []),
    ),
  );
  const known = TAGS.filter(({ name }) => used.has(name));
  const others = [...used].filter((name) => !TAGS.some((tag) => tag.name === name));
  speakDefaults(document);
  return { ...document, tags: [...known, ...others.map((name) => ({ name, description: name }))] };
}

/** In what is sent and answered; a parameter may have one, which all generators leave to the service. */
function speakDefaults({ paths, components }: OpenApiDocument): void {
  const schemas = (components?.schemas ?? {}) as Record<string, object>;
  for (const [name, schema] of Object.entries(schemas)) schemas[name] = withSpokenDefaults(schema);
  for (const path of Object.values(paths ?? {})) {
    for (const operation of Object.values(path)) {
      const { requestBody } = operation as { requestBody?: { content: Record<string, { schema?: object }> } };
      for (const media of Object.values(requestBody?.content ?? {})) {
        if (media.schema) media.schema = withSpokenDefaults(media.schema);
      }
    }
  }
}
