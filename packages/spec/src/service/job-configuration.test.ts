import { describe, expect, it } from 'vitest';
import { jobRequestSchema } from './job.js';

const parse = (configuration?: unknown) =>
  jobRequestSchema.parse({ name: 'a', dataSet: { path: 'data-sets/a' }, configuration }).configuration;

describe("a job's configuration", () => {
  it('holds what was given and nothing else, so that the preset decides the rest', () => {
    expect(parse()).toEqual({});
    expect(parse({})).toEqual({});
    expect(parse({ lr: 0.1, inputSize: [64, 32] })).toEqual({ lr: 0.1, inputSize: [64, 32] });
  });

  it('is checked as any configuration', () => {
    expect(() => parse({ conditionVector: 3 })).toThrow(/multiple of 4/);
    expect(() => parse({ layers: [''] })).toThrow();
    expect(() => parse({ learningRate: 1 })).toThrow(/learningRate/);
  });
});
