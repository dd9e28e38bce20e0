import type * as z from 'zod';

/**
 * The places of a schema where a stranger could send as much as he likes: a text without a longest length that is looked
 * at first, a list or a record without a largest count, a number without a least and a largest value, an object that looks
 * at every unknown field, and what may be anything.
 */
export function unboundedPlaces(schema: z.core.$ZodType, place = ''): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const missing = (what: string): string[] => [`${place || '(all)'}: ${what}`];
  const below = (inner: z.core.$ZodType, step = ''): string[] => unboundedPlaces(inner, join(place, step));
  switch (def.type) {
    case 'string':
      return boundsLength(schema as z.ZodString) ? [] : missing('a text without a longest length');
    case 'number':
    case 'bigint':
      return boundsBoth(schema as z.ZodNumber) ? [] : missing('a number without a least and a largest value');
    case 'array': {
      const first = checkOf(def.checks?.[0]);
      const counted =
        /^(?:max|min)_length$|^length_equals$/.test(first?.check ?? '') && hasMaximum(def.checks);
      return [...(counted ? [] : missing('a list without a largest count')), ...below(def.element, '[]')];
    }
    case 'object': {
      // Without one, unknown fields are not even looked at.
      const others = def.catchall ? below(def.catchall, '{}') : [];
      const closed = !def.catchall || schema._zod.traits.has('ClosedObject');
      const fields = [...others, ...Object.entries(def.shape).flatMap(([name, field]) => below(field, name))];
      return [...(closed ? [] : missing('an object that does not count its fields')), ...fields];
    }
    case 'record': {
      const counted = schema._zod.traits.has('BoundedRecord');
      const inner = [...below(def.keyType, '{key}'), ...below(def.valueType, '{}')];
      return [...(counted ? [] : missing('a record without a largest count')), ...inner];
    }
    case 'tuple': {
      const items = def.items.flatMap((item, i) => below(item, `${i}`));
      return [...(def.rest === null ? [] : missing('a list without a largest count')), ...items];
    }
    case 'union':
      return def.options.flatMap((option) => below(option));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return below(def.innerType);
    case 'pipe':
      // What comes out of it was made here.
      return below(def.in);
    case 'boolean':
    case 'enum':
    case 'literal':
    case 'null':
    case 'undefined':
    case 'never':
      return [];
    default:
      return missing(`${def.type}, which may be anything`);
  }
}

interface CheckDefinition {
  check: string;
  maximum?: number;
  length?: number;
  abort?: boolean;
}

function checkOf(check: z.core.$ZodCheck<never> | undefined): CheckDefinition | undefined {
  return check?._zod.def as CheckDefinition | undefined;
}

function hasMaximum(checks: readonly z.core.$ZodCheck<never>[] | undefined): boolean {
  return (checks ?? []).some((check) => {
    const { maximum, length } = checkOf(check) as CheckDefinition;
    return Number.isSafeInteger(maximum ?? length);
  });
}

// A text of a format is one whose characters are all looked at first; those that are short in any case are let be.
function boundsLength(schema: z.ZodString): boolean {
  if (schema.format === 'uuid' && schema._zod.traits.has('ZodUUID')) return true;
  if (schema.format === 'datetime') return Number.isSafeInteger(schema.maxLength);
  const first = checkOf(schema._zod.def.checks?.[0]);
  return first?.check === 'max_length' && first.abort === true && Number.isSafeInteger(first.maximum);
}

function boundsBoth({ minValue, maxValue }: z.ZodNumber): boolean {
  // What zod means by a whole number is not a bound that anybody thought of.
  const thoughtOf = (bound: number | null): boolean =>
    bound !== null && Number.isFinite(bound) && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;
  return thoughtOf(minValue) && thoughtOf(maxValue);
}

const join = (place: string, step: string): string => [place, step].filter(Boolean).join('.');
