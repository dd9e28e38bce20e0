// What was seen of a data set, put together: the same for a folder and for images that are in a page.
import type { DataSet, DataSetFinding, DataSetItem, DataSetReport } from '@cflow/spec';
import { copyFindings } from './copy-findings.js';
import { finding } from './finding.js';
import { useFindings } from './findings.js';
import { groupsOf } from './groups.js';
import { pixelFindings, sizeFindings } from './pixel-findings.js';
import type { ImageHeader, PixelSample } from './seen.js';

/** What was seen of a data set. Places are those in `used`. */
export interface Observations {
  dataSet: DataSet;
  /** The images that take part, which were looked at. */
  used: readonly DataSetItem[];
  headers: readonly ImageHeader[];
  /** Images that cannot be read. */
  unreadable: readonly number[];
  /** What is wrong with the first of them. */
  why?: string;
  /** Images that are copies of one file, two or more each. */
  copies: readonly (readonly number[])[];
  /** The pixels of a few of them. */
  samples: readonly PixelSample[];
  /** What is odd about masks. */
  masks: readonly DataSetFinding[];
  /** Values that samples of more than 8 bits lie between. */
  range?: DataSetReport['range'];
}

const MOST_GROUPS = 100;

/** What was understood of a data set, and what is odd about it. */
export function makeReport({
  dataSet,
  used,
  headers,
  unreadable,
  why,
  copies: copied,
  samples,
  masks,
  range,
}: Observations): DataSetReport {
  const copies = copyFindings(used, copied);
  const pixels = pixelFindings(used, samples);
  const findings: DataSetFinding[] = [
    ...masks,
    ...useFindings(dataSet, new Set(unreadable.map((i) => used[i]!))),
    ...copies,
    // That copies of one file have the same pixels is no news.
    ...pixels.filter(({ kind }) => kind !== 'all-equal' || copies.every((other) => other.kind !== kind)),
    ...sizeFindings(headers),
    ...(unreadable.length > 0 ? [unreadableFinding(used, unreadable, why)] : []),
  ];
  const severities = ['problem', 'warning', 'note'];
  findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  return { ...counted(dataSet, headers, findings), ...(range && { range }) };
}

function unreadableFinding(
  used: readonly DataSetItem[],
  unreadable: readonly number[],
  why: string | undefined,
): DataSetFinding {
  const names = unreadable.map((i) => (used[i] as DataSetItem).name);
  return finding('unreadable', 'warning', names, (count, some) => {
    const what = `${count === 1 ? '1 image' : `${count} images`} cannot be read, and will be left out: ${some}`;
    if (why === undefined) return what;
    return count === 1 ? `${what}: ${why}` : `${what}; the first: ${why}`;
  });
}

function counted(
  dataSet: DataSet,
  headers: readonly ImageHeader[],
  findings: DataSetFinding[],
): DataSetReport {
  const { items, skipped = [], name, layout } = dataSet;
  const count = (label: DataSetItem['label'], split?: DataSetItem['split']): number =>
    items.filter((item) => item.label === label && (split === undefined || item.split === split)).length;
  const badTest = items.filter(({ label, split }) => label === 'bad' && split === 'test');
  const areas = headers.toSorted((a, b) => a.width * a.height - b.width * b.height);
  const [smallest, largest] = [areas.at(0), areas.at(-1)];
  const regions = items.filter(({ regionPath }) => regionPath !== undefined).length;
  const aspects = headers.map(({ width, height }) => width / height).sort((a, b) => a - b);
  return {
    name,
    layout,
    good: {
      train: count('good', 'train'),
      validation: count('good', 'validation'),
      test: count('good', 'test'),
    },
    bad: {
      test: badTest.length,
      elsewhere: count('bad') - badTest.length,
      kinds: new Set(badTest.flatMap(({ defect }) => defect ?? [])).size,
      masks: badTest.filter(({ maskPaths }) => maskPaths !== undefined).length,
    },
    unlabelled: count('unknown'),
    groups: groupsOf(dataSet).slice(0, MOST_GROUPS),
    skipped: [...skipped],
    ...(regions > 0 && { regions }),
    sizes:
      smallest && largest
        ? {
            smallest: [smallest.width, smallest.height],
            largest: [largest.width, largest.height],
            distinct: new Set(headers.map(({ width, height }) => `${width}x${height}`)).size,
            aspects: [aspects[0]!, aspects.at(-1) as number],
          }
        : null,
    formats: formatsOf(headers),
    examined: headers.length,
    findings,
  };
}

function formatsOf(headers: readonly ImageHeader[]): DataSetReport['formats'] {
  const formats = new Map<string, DataSetReport['formats'][number]>();
  for (const { format, color, bits } of headers) {
    const key = `${format}/${color}/${bits}`;
    const entry = formats.get(key) ?? { format, color, bits, images: 0 };
    entry.images++;
    formats.set(key, entry);
  }
  return [...formats.values()].sort((a, b) => b.images - a.images);
}
