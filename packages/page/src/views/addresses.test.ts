import { expect, it } from 'vitest';
import { addressOf, viewOf } from './addresses.js';

it('finds a view again by its address, and goes to inspection with any other', () => {
  expect(viewOf('')).toEqual({ view: 'inspect', of: '' });
  expect(viewOf('#train')).toEqual({ view: 'train', of: '' });
  expect(viewOf(addressOf('review', 'wood@production'))).toEqual({ view: 'review', of: 'wood@production' });
  expect(viewOf('#nothing/else')).toEqual({ view: 'inspect', of: 'else' });
  expect(viewOf('#detectors/%')).toEqual({ view: 'detectors', of: '' });
});
