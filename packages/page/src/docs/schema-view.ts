import { type Child, element } from '../dom/element.js';
import type { Schema } from './openapi.js';

/** Deeper than this, a schema is shown by its type alone. */
const MAX_DEPTH = 6;

export function schemaAnchor(name: string): string {
  return `schema-${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
}

/** A schema's kind in few words, with links to the schemas that have a name. */
export function typeOf(schema: Schema | boolean | undefined, depth = 0): Child[] {
  if (schema === undefined || typeof schema === 'boolean') return ['any'];
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!;
    return [element('a', { href: `#${schemaAnchor(name)}` }, name)];
  }
  if (depth > MAX_DEPTH) return ['…'];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(' | ')];
  const several = schema.anyOf ?? schema.oneOf;
  if (several)
    return joined(
      several.map((each) => typeOf(each, depth + 1)),
      ' or ',
    );
  if (schema.allOf)
    return joined(
      schema.allOf.map((each) => typeOf(each, depth + 1)),
      ' and ',
    );
  const types = schema.type === undefined ? ['any'] : [schema.type].flat();
  if (types.includes('array') && schema.items !== undefined)
    return ['array of ', ...typeOf(schema.items, depth + 1), ...(types.includes('null') ? [' or null'] : [])];
  if (types.includes('object') && typeof schema.additionalProperties === 'object' && !schema.properties)
    return ['map of ', ...typeOf(schema.additionalProperties, depth + 1)];
  return [types.join(' or ') + (schema.format ? ` (${schema.format})` : '')];
}

/** A schema as a list of its members, those of nested objects below their own. */
export function schemaView(schema: Schema, depth = 0): HTMLElement {
  const parts = schema.allOf?.filter((each) => each.properties) ?? [];
  const properties = { ...schema.properties, ...Object.assign({}, ...parts.map((each) => each.properties)) };
  const required = new Set([...(schema.required ?? []), ...parts.flatMap((each) => each.required ?? [])]);
  const names = Object.keys(properties);
  if (names.length === 0) {
    return element(
      'p',
      { class: 'schema-type' },
      element('code', {}, ...typeOf(schema)),
      ' ',
      limitsOf(schema),
    );
  }
  return element(
    'dl',
    { class: 'members' },
    ...names.flatMap((name) => {
      const member = properties[name] as Schema | boolean;
      const detail = typeof member === 'object' ? member : {};
      const inner = innerOf(detail);
      return [
        element(
          'dt',
          {},
          element('code', {}, name),
          ' ',
          element('span', { class: 'type' }, ...typeOf(member)),
          required.has(name) && element('span', { class: 'required' }, 'required'),
        ),
        element(
          'dd',
          {},
          detail.description && element('p', {}, detail.description),
          limitsOf(detail) && element('p', { class: 'hint' }, limitsOf(detail)),
          inner && depth < MAX_DEPTH && schemaView(inner, depth + 1),
        ),
      ];
    }),
  );
}

/** The object within a schema whose members are worth showing: itself, what an array holds, or one of several. */
function innerOf(schema: Schema): Schema | undefined {
  if (schema.$ref) return undefined;
  if (schema.properties) return schema;
  if (typeof schema.items === 'object') return innerOf(schema.items);
  return (schema.anyOf ?? schema.oneOf)?.map(innerOf).find((each) => each !== undefined);
}

/** Bounds and defaults in words. */
export function limitsOf(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const whole = (value: number | undefined): boolean =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const parts = [
    schema.default !== undefined && `Default ${JSON.stringify(schema.default)}`,
    whole(minimum) && `at least ${minimum}`,
    whole(exclusiveMinimum) && `above ${exclusiveMinimum}`,
    whole(maximum) && `at most ${maximum}`,
    whole(exclusiveMaximum) && `below ${exclusiveMaximum}`,
    schema.minItems !== undefined && `at least ${schema.minItems} entries`,
    schema.maxItems !== undefined && `at most ${schema.maxItems} entries`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.pattern !== undefined && `matches ${schema.pattern}`,
  ].filter((part) => part !== false);
  const text = parts.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function joined(lists: readonly Child[][], separator: string): Child[] {
  return lists.flatMap((list, i) => (i === 0 ? list : [separator, ...list]));
}
