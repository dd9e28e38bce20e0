import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatFigure,
  formatNumber,
  formatPercent,
} from './format.js';
import { printable } from './printable.js';
import { shorten, tableLines } from './table.js';

describe('formatting', () => {
  it('reads as a person would write it', () => {
    expect([7.4, 65, 3725].map(formatClock)).toEqual(['0:07', '1:05', '1:02:05']);
    expect([8.42, 59.96, 200, 3900].map(formatDuration)).toEqual([
      '8.4 s',
      '1 min 0 s',
      '3 min 20 s',
      '1 h 5 min',
    ]);
    expect([12, 2048, 12.3 * 2 ** 20].map(formatBytes)).toEqual(['12 bytes', '2.0 KiB', '12.3 MiB']);
    expect([1, 0.9996, 0.95, null].map(formatFigure)).toEqual(['1.000', '>0.999', '0.950', '–']);
    expect([0, 1e-6, 0.0123, 1].map(formatPercent)).toEqual(['0 %', '<0.001 %', '1.23 %', '100 %']);
    expect([0, 1.23456, -12345.6, 1e-9].map(formatNumber)).toEqual(['0', '1.235', '-12350', '1.00e-9']);
  });

  it('keeps hostile names from the terminal', () => {
    expect(printable('a\u001b[31mb\u202e\nc\u009b')).toBe('a\ufffd[31mb\ufffd c\ufffd');
  });

  it('lines up columns without trailing blanks', () => {
    const columns = [{ title: 'a' }, { title: 'n', align: 'right' as const }, { title: 'rest' }];
    expect(
      tableLines(columns, [
        ['long', '1', ''],
        ['x', '22', 'y'],
      ]),
    ).toEqual(['a      n  rest', 'long   1', 'x     22  y']);
    expect(shorten('abcdefghij', 7)).toBe('ab…ghij');
  });
});
