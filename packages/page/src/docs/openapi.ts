/** As much of OpenAPI 3.1 as the reference shows. */
export interface OpenApi {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, unknown>>;
  components?: {
    schemas?: Record<string, Schema>;
    responses?: Record<string, Response>;
    parameters?: Record<string, Parameter>;
    requestBodies?: Record<string, RequestBody>;
  };
  security?: Record<string, string[]>[];
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema | boolean>;
  required?: string[];
  items?: Schema | boolean;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  contentEncoding?: string;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  description?: string;
  required?: boolean;
  schema?: Schema;
  example?: unknown;
}

export type Content = Record<string, { schema?: Schema; example?: unknown }>;

export interface RequestBody {
  $ref?: string;
  description?: string;
  required?: boolean;
  content?: Content;
}

export interface Response {
  $ref?: string;
  description?: string;
  headers?: Record<string, { description?: string; schema?: Schema }>;
  content?: Content;
}

export interface Operation {
  method: string;
  path: string;
  /** For addresses within the page. */
  anchor: string;
  tag: string;
  summary: string;
  description?: string | undefined;
  deprecated: boolean;
  parameters: Parameter[];
  body?: RequestBody | undefined;
  responses: Record<string, Response>;
  /** Whether a key is sent, where the service asks for keys. */
  secured: boolean;
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

/** The operations in the order of the file. */
export function operationsOf(api: OpenApi): Operation[] {
  const found: Operation[] = [];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS) {
      const raw = item[method] as Record<string, unknown> | undefined;
      if (!raw) continue;
      const parameters = [
        ...((item.parameters as Parameter[]) ?? []),
        ...((raw.parameters as Parameter[]) ?? []),
      ];
      const responses = (raw.responses ?? {}) as Record<string, Response>;
      const id = typeof raw.operationId === 'string' ? raw.operationId : `${method}-${path}`;
      found.push({
        method: method.toUpperCase(),
        path,
        anchor: `operation-${id.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')}`,
        tag: (raw.tags as string[] | undefined)?.[0] ?? 'Other',
        summary: String(raw.summary ?? ''),
        description: raw.description as string | undefined,
        deprecated: raw.deprecated === true,
        parameters: parameters.map((each) => resolve(api, each)),
        body: raw.requestBody ? resolve(api, raw.requestBody as RequestBody) : undefined,
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, response]) => [status, resolve(api, response)]),
        ),
        secured: ((raw.security ?? api.security ?? []) as unknown[]).length > 0,
      });
    }
  }
  return found;
}

/** What a reference within the file points to; the thing itself when it is none. */
export function resolve<T extends { $ref?: string }>(api: OpenApi, thing: T): T {
  let found: unknown = thing;
  for (let hops = 0; hops < 8; hops++) {
    const reference = (found as { $ref?: string } | undefined)?.$ref;
    if (reference === undefined) return (found ?? {}) as T;
    found = reference
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>(
        (node, part) =>
          (node as Record<string, unknown> | undefined)?.[
            decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
          ],
        api,
      );
  }
  return {} as T;
}
