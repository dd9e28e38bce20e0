/** As much of a JSON schema as leads to others. */
interface Schema {
  default?: unknown;
  description?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/**
 * A schema whose defaults stand in the descriptions alone. Generators of clients do two harmful things with the others:
 * fields that have one become required (openapi-typescript), or are always sent (openapi-python-client), where they would
 * count before the options of the address.
 */
export function withSpokenDefaults(schema: Schema): Schema {
  const { default: value, ...rest } = schema;
  const each = (schemas: Schema[]): Schema[] => schemas.map(withSpokenDefaults);
  return {
    ...rest,
    ...(value !== undefined && { description: spoken(rest.description, value) }),
    ...(rest.items && { items: withSpokenDefaults(rest.items) }),
    ...(rest.properties && {
      properties: Object.fromEntries(
        Object.entries(rest.properties).map(([name, field]) => [name, withSpokenDefaults(field)]),
      ),
    }),
    ...(typeof rest.additionalProperties === 'object' && {
      additionalProperties: withSpokenDefaults(rest.additionalProperties),
    }),
    ...(rest.anyOf && { anyOf: each(rest.anyOf) }),
    ...(rest.oneOf && { oneOf: each(rest.oneOf) }),
    ...(rest.allOf && { allOf: each(rest.allOf) }),
  };
}

function spoken(description: string | undefined, value: unknown): string {
  const words = `Default: ${JSON.stringify(value)}`;
  return description === undefined ? words : `${description.replace(/\.$/, '')}. ${words}`;
}
