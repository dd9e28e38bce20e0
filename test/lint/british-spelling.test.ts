import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { britishSpellings, britishWords } from './british-spelling.js';

describe('spelling', () => {
  it('knows British words from others', () => {
    expect(
      britishWords('a fibre of colour\nnormalised greyLevels, neighbours, CENTRE, optimiser').map(
        ({ line, word }) => `${line} ${word}`,
      ),
    ).toEqual([
      ...['1 fibre', '1 colour', '2 normalised', '2 greyLevels', '2 neighbours', '2 CENTRE', '2 optimiser'],
    ]);
    expect(britishWords('a fiber, optimistic, toColourspace("grey16"), entrenched')).toEqual([]);
  });

  it('is American throughout', () => {
    expect(britishSpellings(fileURLToPath(new URL('../..', import.meta.url)))).toEqual([]);
  });
});
