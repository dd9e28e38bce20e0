// Settings of a training run where everything is a text: hyperparameters of SageMaker, variables and options.
import { jobConfigurationSchema, trainingSettingsSchema } from '@cflow/spec';
import { z } from 'zod';

/** As much of a JSON schema as says how a text is read. */
interface Described {
  type?: string;
  items?: Described;
  prefixItems?: Described[];
  anyOf?: Described[];
  properties?: Record<string, Described>;
}

type Texts<S extends z.ZodObject> = { [K in keyof S['shape']]: z.ZodType<z.output<S['shape'][K]>> };

/** The settings but for the configuration, each read from a text. */
export const settingTexts: Omit<Texts<typeof trainingSettingsSchema>, 'configuration'> = textsOf(
  trainingSettingsSchema.omit({ configuration: true }),
);

/** What differs from the preset's configuration, each read from a text. */
export const configurationTexts: Readonly<Record<string, z.ZodType>> = textsOf(
  jobConfigurationSchema as unknown as z.ZodObject,
);

function textsOf<S extends z.ZodObject>(schema: S): Texts<S> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Described>;
  };
  const texts = Object.entries(schema.shape).map(([name, field]) => {
    const read = z.string().transform((text) => readAs(unquoted(text), properties[name] ?? {}));
    const optional = (field as z.ZodType).safeParse(undefined).success;
    // What is left out has the default of the field, not of a text.
    return [name, optional ? read.optional().pipe(field as z.ZodType) : read.pipe(field as z.ZodType)];
  });
  return Object.fromEntries(texts) as Texts<S>;
}

/** SageMaker's SDK writes strings as JSON within. */
export function unquoted(text: string): string {
  if (!/^".*"$/s.test(text)) return text;
  return String(parsed(text) ?? text);
}

/** What a text says of a field; the text itself where it says nothing of the kind, for the field's schema to refuse. */
function readAs(text: string, { type, items, prefixItems, anyOf, properties }: Described): unknown {
  const [first, second] = anyOf ?? [];
  if (first && second?.type === 'null') return /^(none|null)$/i.test(text) ? null : readAs(text, first);
  if (type === 'number' || type === 'integer') return NUMBER.test(text.trim()) ? Number(text) : text;
  if (type === 'boolean') return TRUTH[text.trim().toLowerCase()] ?? text;
  if (type === 'object') return readFields(text, properties ?? {});
  if (type !== 'array') return text;
  if (text.trim().startsWith('[')) return parsed(text) ?? text;
  const sides = prefixItems?.length;
  const parts = text
    .split(sides ? /[,x]/i : ',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const values = parts.map((part) => readAs(part, prefixItems?.[0] ?? items ?? {}));
  // One side of a square.
  return sides === 2 && values.length === 1 ? [...values, ...values] : values;
}

/** As JSON, or the values of all fields with colons between them: `0:4095`. */
function readFields(text: string, properties: Record<string, Described>): unknown {
  if (text.trim().startsWith('{')) return parsed(text) ?? text;
  const fields = Object.entries(properties);
  const parts = text.split(':');
  if (parts.length !== fields.length) return text;
  return Object.fromEntries(
    fields.map(([name, described], i) => [name, readAs((parts[i] as string).trim(), described)]),
  );
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const TRUTH: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
