import { expect, it } from 'vitest';
import { OutputNames } from './output-names.js';

it('keeps folders and gives no name twice', () => {
  const names = new OutputNames();
  const taken = ['a/b.png', 'a/b.jpg', 'a/B.tif', 'a/b-2.png', 'noextension'].map((name) =>
    names.take(name, '.png'),
  );
  expect(taken).toEqual(['a/b.png', 'a/b-2.png', 'a/B-3.png', 'a/b-2-2.png', 'noextension.png']);
});
