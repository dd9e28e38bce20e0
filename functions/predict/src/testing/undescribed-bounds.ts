/** A schema of the OpenAPI document, as far as bounds are concerned. */
interface Described {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  contentMediaType?: string;
  maxLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  maxItems?: number;
  items?: Described;
  prefixItems?: Described[];
  properties?: Record<string, Described>;
  additionalProperties?: boolean | Described;
  maxProperties?: number;
  anyOf?: Described[];
  oneOf?: Described[];
  allOf?: Described[];
}

interface Operation {
  operationId?: string;
  parameters?: { name: string; schema: Described }[];
  requestBody?: { content: Record<string, { schema: Described }> };
}

/** The places of all requests that a document describes without the bound that they have, as `operation place: bound`. */
export function undescribedBounds(document: unknown): string[] {
  const { paths, components } = document as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Described> };
  };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  return operations.flatMap(({ operationId = '?', parameters = [], requestBody }) => [
    ...parameters.flatMap(({ name, schema }) => walk(schema, `${operationId} ${name}`)),
    ...Object.entries(requestBody?.content ?? {}).flatMap(([type, { schema }]) =>
      walk(schema, `${operationId} ${type}`),
    ),
  ]);

  function walk(schema: Described, place: string): string[] {
    const { $ref, items, prefixItems = [], properties = {}, additionalProperties } = schema;
    if ($ref !== undefined) {
      const found = components.schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
      return found ? walk(found, place) : [`${place}: ${$ref} is not there`];
    }
    const types = [schema.type ?? []].flat();
    const is = (type: string): boolean => types.includes(type);
    const fixed = schema.enum !== undefined || schema.const !== undefined;
    const binary = schema.contentMediaType !== undefined && schema.contentMediaType !== 'application/json';
    const lengthKnown = fixed || binary || schema.format === 'uuid' || schema.format === 'binary';
    const other = typeof additionalProperties === 'object' ? additionalProperties : undefined;
    const missing = [
      ...(is('string') && !lengthKnown && schema.maxLength === undefined ? ['maxLength'] : []),
      ...((is('number') || is('integer')) && !fixed && !hasRange(schema) ? ['minimum and maximum'] : []),
      ...(is('array') && !schema.prefixItems && schema.maxItems === undefined ? ['maxItems'] : []),
      ...(other && schema.maxProperties === undefined ? ['maxProperties'] : []),
    ];
    const inner = [...prefixItems, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
    return [
      ...missing.map((bound) => `${place}: ${bound}`),
      ...(items ? walk(items, `${place}[]`) : []),
      ...(other ? walk(other, `${place}{}`) : []),
      ...Object.entries(properties).flatMap(([name, property]) => walk(property, `${place}.${name}`)),
      ...inner.flatMap((each) => walk(each, place)),
    ];
  }
}

function hasRange({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Described): boolean {
  const given = (bound: number | undefined): boolean =>
    bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;
  return (given(minimum) || given(exclusiveMinimum)) && (given(maximum) || given(exclusiveMaximum));
}
