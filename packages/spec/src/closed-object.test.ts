import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { MAX_LAYERS, MAX_UNKNOWN_FIELDS, text } from './bounds.js';
import { bundleManifestSchema } from './bundle.js';
import { boundedRecord, closedObject } from './closed-object.js';
import { detectorConfigurationSchema } from './configuration.js';
import { jobRequestSchema } from './service/job.js';
import { detectorListSchema } from './service/predict.js';

const many = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`field${i}`, i]));

/** A list that counts how often one of its elements is asked for. */
function watchedList(length: number): { list: unknown[]; reads: () => number } {
  let reads = 0;
  const list = new Proxy(Array(length).fill(0) as unknown[], {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { list, reads: () => reads };
}

describe('closedObject', () => {
  const schema = closedObject({ a: text(3).optional(), b: z.boolean().optional() });

  it('is a strict object to its users', () => {
    expect(schema.parse({ a: 'x' })).toEqual({ a: 'x' });
    expect(schema.safeParse({ c: 1 }).error?.issues).toMatchObject([
      { code: 'unrecognized_keys', keys: ['c'] },
    ]);
    expect(schema).toBeInstanceOf(z.ZodObject);
  });

  it.each([
    ['itself', schema],
    ['extended', schema.extend({ c: z.boolean() })],
    ['a part of it', schema.omit({ a: true })],
    ['partly', schema.required().partial()],
    ['described', schema.describe('what it is').meta({ id: 'Closed' })],
    ['optional', schema.optional()],
    ['in a list', z.tuple([schema]).transform(([first]) => first)],
  ])('names nothing of an object with too many fields: %s', async (how, each) => {
    const value = how === 'in a list' ? [many(1000)] : many(1000);
    for (const result of [each.safeParse(value), await each.safeParseAsync(value)]) {
      expect(result.error?.issues).toHaveLength(1);
      expect(result.error?.message).not.toContain('field1');
    }
  });

  it('names fields that it does not know as long as they are few', () => {
    expect(schema.safeParse(many(MAX_UNKNOWN_FIELDS)).error?.issues[0]?.code).toBe('unrecognized_keys');
    const both = { a: 'x', b: true, ...many(MAX_UNKNOWN_FIELDS + 1) };
    expect(schema.safeParse(both).error?.issues[0]?.code).toBe('too_big');
  });
});

describe('boundedRecord', () => {
  it('looks at no entry of a record with too many', () => {
    let looks = 0;
    const value = z.number().refine(() => ++looks > 0);
    const schema = boundedRecord(text(20), value, 3);
    expect(schema.parse(many(3))).toEqual(many(3));
    expect(looks).toBe(3);
    expect(schema.optional().safeParse(many(4)).error?.issues).toMatchObject([
      { code: 'too_big', maximum: 3 },
    ]);
    expect(looks).toBe(3);
  });
});

describe('lists in requests and manifests', () => {
  it.each<[string, z.ZodType, (list: unknown[]) => unknown]>([
    ['detectors', detectorListSchema, (list) => list],
    ['layers of a configuration', detectorConfigurationSchema, (layers) => ({ layers })],
    ['a size', detectorConfigurationSchema, (inputSize) => ({ inputSize })],
    ['layers of a job', jobRequestSchema, (layers) => ({ name: 'a', configuration: { layers } })],
    ['layers of a manifest', bundleManifestSchema, (layers) => ({ layers })],
    [
      'scores',
      bundleManifestSchema,
      (scores) => ({ calibration: { score: { scores, probabilities: scores } } }),
    ],
  ])('are counted before their elements are looked at: %s', (_, schema, made) => {
    const { list, reads } = watchedList(100_000);
    const { error } = schema.safeParse(made(list));
    expect(error?.issues.length).toBeLessThan(40);
    expect(reads()).toBeLessThanOrEqual(MAX_LAYERS);
  });

  it('looks at nothing else of a text that is too long', () => {
    let looks = 0;
    const schema = text(3).refine(() => ++looks > 0);
    expect(schema.safeParse('a'.repeat(4)).success).toBe(false);
    expect(looks).toBe(0);
  });
});
