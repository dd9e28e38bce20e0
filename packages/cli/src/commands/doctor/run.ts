import type { DeviceReport } from '@cflow/runtime';
import { EXIT } from '../../exit-code.js';
import { formatBytes, formatDuration } from '../../terminal/format.js';
import { printLine } from '../../terminal/output.js';
import { type Column, Table } from '../../terminal/table.js';
import { type Examination, examine } from './examine.js';

/** Prints what works here. */
export async function runDoctor({ json }: { json?: true }): Promise<void> {
  const found = await examine();
  if (json) printLine(JSON.stringify(found));
  else for (const line of lines(found)) printLine(line);
  if (!found.devices.some(({ available }) => available)) process.exitCode = EXIT.error;
}

const COLUMNS: readonly Column[] = [{ title: 'device' }, { title: 'works' }, { title: 'what it is' }];

function lines({
  devices,
  auto,
  versions,
  platform,
  threads,
  memory,
  cache,
  defaultBackbone,
  embeddedBackbone,
}: Examination): string[] {
  const rows = devices.map((report) => [
    report.device,
    report.available ? 'yes' : 'no',
    descriptionOf(report),
  ]);
  const table = new Table(COLUMNS, rows);
  const indent = ' '.repeat(table.row(['', '', 'x']).length - 1);
  const facts: [string, string][] = [
    ['auto takes', auto ?? 'nothing: no device works'],
    ['machine', `${platform}, ${threads} threads, ${formatBytes(memory)} of memory`],
    [
      'versions',
      Object.entries(versions)
        .map((pair) => pair.join(' '))
        .join(', '),
    ],
    ['cache', `${cache.path}, ${cache.bytes === null ? 'not made yet' : formatBytes(cache.bytes)}`],
    [
      'backbone',
      defaultBackbone.cached
        ? defaultBackbone.name
        : `${defaultBackbone.name}, which the first training fetches; or before: cflow backbone pull ${defaultBackbone.name}`,
    ],
    [
      'offline',
      embeddedBackbone.available ? 'the embedded one is here' : (embeddedBackbone.reason ?? 'missing'),
    ],
  ];
  return [
    table.header(),
    ...devices.flatMap((report, i) => [
      table.row(rows[i] as string[]),
      ...wrap(report.reason ?? '', 96 - indent.length).map((line) => indent + line),
    ]),
    '',
    ...facts.map(([label, value]) => `${label.padEnd(12)}${value}`),
  ];
}

const descriptionOf = ({ description, available, timeMs }: DeviceReport): string =>
  available ? `${description} (tested in ${formatDuration(timeMs / 1000)})` : description;

/** Text in lines of a width, broken between words. */
function wrap(text: string, width: number): string[] {
  const wrapped: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = wrapped.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      wrapped[wrapped.length - 1] = `${last} ${word}`;
    else wrapped.push(word);
  }
  return wrapped;
}
