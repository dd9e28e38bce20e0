import { describe, expect, it } from 'vitest';
import type { Column } from '../../terminal/table.js';
import { tableFormat } from './table-format.js';

const columns: Column[] = [{ title: 'set' }, { title: 'AUROC', align: 'right' }];

describe('tableFormat', () => {
  it('writes a table for a terminal', () => {
    expect(tableFormat('text')('all', columns, [['tile', '0.9']])).toEqual([
      'all',
      'set   AUROC',
      'tile    0.9',
    ]);
  });

  it('writes a table for a page, in which names stay what they are', () => {
    expect(tableFormat('markdown')('a*b', columns, [['x|y_z', '0.9'], ['<b>']])).toEqual([
      '**a\\*b**',
      '',
      '| set | AUROC |',
      '| --- | ---: |',
      '| x\\|y\\_z | 0.9 |',
      '| \\<b> |  |',
      '',
    ]);
  });
});
