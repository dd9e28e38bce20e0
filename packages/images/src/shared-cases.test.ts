import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataSet } from './open-data-set.js';
import { examineDataSet } from './report/examine-data-set.js';

const cases = fileURLToPath(new URL('../../../../shared/cases', import.meta.url));

/** Good to train on, good to test on, bad to test on, of these with masks; and the kinds of findings. */
const RIGHT: [folder: string, counts: [number, number, number, number], findings: string[]][] = [
  ['01-mask-folder-trained-as-good/s5', [6, 0, 3, 0], ['good-image-with-defect-mask', 'no-good-test-images']],
  ['02-masks-counted-as-bad-images/nested', [12, 4, 4, 4], ['copies-between-train-and-test']],
  ['02-masks-counted-as-bad-images/s1', [6, 3, 3, 3], []],
  ['02-masks-counted-as-bad-images/s2', [6, 3, 3, 3], []],
  ['04-test-ok-counted-as-bad/g1', [6, 3, 3, 0], []],
  ['04-test-ok-counted-as-bad/g2', [6, 3, 3, 0], []],
  ['04-test-ok-counted-as-bad/g3', [6, 3, 3, 0], []],
  ['04-test-ok-counted-as-bad/h1', [6, 0, 3, 0], ['no-good-test-images']],
  ['04-test-ok-counted-as-bad/h2', [6, 3, 3, 0], ['one-image-good-and-bad']],
  ['05-twelve-bit', [6, 0, 0, 0], []],
  ['06-empty-masks-silent/e1', [6, 3, 3, 3], []],
  ['06-empty-masks-silent/e2', [6, 3, 3, 3], []],
  ['06-empty-masks-silent/e4', [6, 3, 3, 3], ['unusable-mask']],
  ['06-empty-masks-silent/masks', [12, 3, 6, 6], ['copies-between-train-and-test']],
  ['11-silently-skipped-extensions/ext_mix', [23, 0, 0, 0], ['copies']],
  ['11-silently-skipped-extensions/trash', [12, 0, 0, 0], []],
];

describe.skipIf(!existsSync(cases))('data sets as people have them', () => {
  it.each(RIGHT)('%s is understood', async (folder, [train, test, bad, masks], findings) => {
    const { report } = await examineDataSet(await openDataSet(join(cases, folder)));
    expect([report.good.train, report.good.test, report.bad.test, report.bad.masks]).toEqual([
      train,
      test,
      bad,
      masks,
    ]);
    expect(report.findings.map(({ kind }) => kind)).toEqual(findings);
  });

  it('the bits of a camera are found', async () => {
    const { report } = await examineDataSet(await openDataSet(join(cases, '05-twelve-bit')));
    expect(report.range).toEqual({ low: 0, high: 4095, told: false });
  });

  it('what file servers leave is named', async () => {
    const { skipped } = await openDataSet(join(cases, '11-silently-skipped-extensions/trash'));
    expect(skipped).toEqual([expect.objectContaining({ reason: 'system', count: 5 })]);
  });
});
