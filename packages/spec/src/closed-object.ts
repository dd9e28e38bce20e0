// zod looks at all keys of an object before it says that there are too many, and names each that it does not know. These
// two count first. An array needs nothing of the kind: zod looks at its `max` before its elements.
import * as z from 'zod';
import { $constructor } from 'zod/v4/core';
import { MAX_UNKNOWN_FIELDS } from './bounds.js';

type Initialize = (schema: z.core.$ZodType, definition: object) => void;

// Marked as pure, as zod marks its own: a page that needs no bounds must not carry them.
const ClosedObject: z.core.$constructor<
  z.core.$ZodType,
  z.core.$ZodObjectDef & { instead?: Instead | undefined }
> = /* @__PURE__ */ $constructor('ClosedObject', (schema, definition) => {
  (z.ZodObject.init as unknown as Initialize)(schema, definition);
  nameKnown(schema, () => Object.keys(definition.shape), definition.instead);
  countFirst(schema, () => Object.keys(definition.shape).length + MAX_UNKNOWN_FIELDS);
});

const BoundedRecord: z.core.$constructor<z.core.$ZodType, z.core.$ZodRecordDef & { most: number }> =
  /* @__PURE__ */ $constructor('BoundedRecord', (schema, definition) => {
    (z.ZodRecord.init as unknown as Initialize)(schema, definition);
    countFirst(schema, () => definition.most);
  });

/** What takes the place of a field that is not there, in a clause; undefined for names that nothing is known of. */
export type Instead = (name: string) => string | undefined;

/**
 * As `z.strictObject`, for objects from outside: one with many more fields than it may have is refused for their number.
 * @param instead for names that people look for here
 */
export function closedObject<S extends z.core.$ZodLooseShape>(
  shape: S,
  instead?: Instead,
): ReturnType<typeof z.strictObject<S>> {
  return new ClosedObject({ type: 'object', shape, catchall: z.never(), instead }) as never;
}

/** As `z.record`, of at most so many entries. */
export function boundedRecord<K extends z.core.$ZodRecordKey, V extends z.core.SomeType>(
  keyType: K,
  valueType: V,
  most: number,
): z.ZodRecord<K, V> {
  const schema = new BoundedRecord({ type: 'record', keyType, valueType, most } as never) as z.ZodRecord<
    K,
    V
  >;
  return schema.meta({ maxProperties: most });
}

/** An unknown field of a `closedObject`, with the known names and what takes its place, so that a message can say what was meant. */
export type UnknownFieldsIssue = z.core.$ZodIssueUnrecognizedKeys & {
  known?: readonly string[];
  instead?: Instead | undefined;
};

function nameKnown(schema: z.core.$ZodType, names: () => string[], instead?: Instead): void {
  const parse = schema._zod.parse;
  schema._zod.parse = (payload, context) => {
    const result = parse(payload, context);
    const named = (found: z.core.ParsePayload): z.core.ParsePayload => {
      for (const issue of found.issues) {
        if (issue.code === 'unrecognized_keys' && issue.inst === schema) {
          Object.assign(issue, { known: names(), instead });
        }
      }
      return found;
    };
    return result instanceof Promise ? result.then(named) : named(result);
  };
}

function countFirst(schema: z.core.$ZodType, most: () => number): void {
  const parse = schema._zod.parse;
  schema._zod.parse = (payload, context) => {
    const { value } = payload;
    if (typeof value === 'object' && value !== null && hasMoreThan(most(), value)) {
      payload.issues.push({
        code: 'too_big',
        origin: 'object',
        maximum: most(),
        inclusive: true,
        message: `expected at most ${most()} fields`,
        input: value,
        inst: schema,
      });
      return payload;
    }
    return parse(payload, context);
  };
}

function hasMoreThan(most: number, value: object): boolean {
  let count = 0;
  for (const _ in value) if (++count > most) return true;
  return false;
}
