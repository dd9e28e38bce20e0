import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { describeError } from './describe-error.js';

const about = (option?: string | string[]): string =>
  describeError(new ConfigurationError('leave it out', { details: { option } }), false);

describe('describeError', () => {
  it('adds the flags of the options that an error is about', () => {
    expect(about('inputSize')).toBe('error: leave it out (--input-size)');
    expect(about(['weights', 'preTrained'])).toBe('error: leave it out (--weights, --no-pre-trained)');
    expect(about()).toBe('error: leave it out');
  });
});
