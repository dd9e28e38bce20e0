import { describe, expect, it } from 'vitest';
import { differenceOfOutput } from './compare-output.js';
import { fencedBlocks } from './fenced-blocks.js';

describe('differenceOfOutput', () => {
  it.each([
    ['true 1', 'true 1\n'],
    ['a  b', 'a b'],
    ['score 1.974', 'score 1.98'],
    ['6 images in 56.1 s', '6 images in 3.2 s'],
    ['22.87 per second', '4 per second'],
    ['first\n…\nlast', 'first\nlast'],
    ['first\n…\nlast', 'first\n1\n2\nlast'],
    ['id 5f0c…, done', 'id 5f0c1f3c, done'],
    ['{"level":30,...,"msg":"done"}', '{"level":30,"time":1,"msg":"done"}'],
    ['1 region, … at …', '1 region, 3x3 at 1,2'],
  ])('takes %j for %j', (shown, printed) => {
    expect(differenceOfOutput(shown, printed)).toBeUndefined();
  });

  it.each([
    ['true 1', 'true 2'],
    ['score 1.974', 'score 2.2'],
    ['score 1.974', 'score'],
    ['6 images in 56.1 s', '7 images in 56.1 s'],
    ['first\nlast', 'first\n1\nlast'],
    ['first\n…\nlast', 'first\n1'],
    ['bad', 'bad after all'],
    ['', 'something'],
  ])('does not take %j for %j', (shown, printed) => {
    expect(differenceOfOutput(shown, printed)).toContain(printed);
  });
});

describe('fencedBlocks', () => {
  it('finds blocks in lists, and fences within longer ones', () => {
    const page =
      'text\n\n- a list\n\n  ```sh\n  one\n    two\n  ```\n\n````md\n```js\n```\n````\n\n```\nlast\n```\n';
    expect(fencedBlocks('p.md', page)).toEqual([
      { page: 'p.md', line: 5, language: 'sh', text: 'one\n  two\n' },
      { page: 'p.md', line: 10, language: 'md', text: '```js\n```\n' },
      { page: 'p.md', line: 15, language: '', text: 'last\n' },
    ]);
    expect(() => fencedBlocks('p.md', '```js\n')).toThrow('p.md:1');
  });
});
