import type { DeliveryEvent, FolderEvent, LineEvent, Result, StreamEvent } from '@cflow/line';
import { count, formatBytes, formatNumber, formatPercent } from '../../terminal/format.js';
import { noteLine, printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { shorten, Table } from '../../terminal/table.js';

const LONGEST_NAME = 40;

export type WatchEvent = LineEvent | DeliveryEvent | FolderEvent | StreamEvent;

export interface WatchTally {
  good: number;
  bad: number;
  unreadable: number;
}

/** Reports what a line does: results on stdout, everything else on stderr. */
export class WatchPrinter {
  readonly tally: WatchTally = { good: 0, bad: 0, unreadable: 0 };
  readonly #json: boolean;
  readonly #verbose: boolean;
  readonly #table: Table = new Table([
    { title: 'number', align: 'right', width: 8 },
    { title: 'frame', width: 24 },
    { title: 'score', align: 'right', width: 8 },
    { title: 'false alarm', align: 'right', width: 11 },
    { title: 'label', width: 5 },
    { title: 'verdict' },
  ]);
  #begun = false;

  constructor({ json, verbose }: { json?: true; verbose?: true }) {
    this.#json = json === true;
    this.#verbose = verbose === true;
  }

  event(event: WatchEvent): void {
    if (event.type === 'result') this.#result(event.result);
    else {
      const text = textOf(event);
      if (event.type !== 'file-skipped' || this.#verbose) noteLine(printable(text));
    }
  }

  summary(dropped: number): string {
    const { good, bad, unreadable } = this.tally;
    const left = unreadable > 0 ? `, ${unreadable} not readable` : '';
    const lost = dropped > 0 ? `, ${dropped} dropped` : '';
    return `${count(good + bad + unreadable, 'frame')}: ${bad} bad, ${good} good${left}${lost}`;
  }

  #result(result: Result): void {
    this.tally[result.verdict ?? 'unreadable'] += 1;
    if (this.#json) {
      printLine(JSON.stringify(result));
      return;
    }
    if (!this.#begun) printLine(this.#table.header());
    this.#begun = true;
    const { number, name, score, falseAlarmProbability, label, verdict, alarms, error } = result;
    const cells = [
      String(number),
      shorten(printable(name), LONGEST_NAME),
      score === null ? '' : formatNumber(score),
      falseAlarmProbability === null ? '' : formatPercent(falseAlarmProbability),
      label ?? '',
      [verdict ?? 'unreadable', ...alarms].join(' '),
    ];
    printLine(this.#table.row(cells));
    if (error !== undefined) noteLine(printable(`not readable: ${error}`));
  }
}

function textOf(event: Exclude<WatchEvent, { type: 'result' }>): string {
  switch (event.type) {
    case 'waiting':
      return `${formatBytes(event.bytes)} of results wait for sinks: no more frames are taken until there is room (--hold)`;
    case 'going-on':
      return 'there is room again: continuing';
    case 'journal-failed':
      return `no result can be kept, and no frame taken: ${event.reason}`;
    case 'journal-back':
      return 'results can be kept again: continuing';
    case 'picture-failed':
      return `no picture of ${event.name}: ${event.reason}`;
    case 'sink-away':
      return `${event.sink} cannot be reached, ${count(event.waiting, 'result')} held for it: ${event.reason}`;
    case 'sink-back':
      return `${event.sink} is back`;
    case 'result-refused':
      return `${event.sink} refuses the result of ${event.name} (${event.reason}): it is now in ${event.path}, and the next one follows`;
    case 'sink-missed':
      return `${event.sink} has missed ${count(event.results, 'result')}: the line ran without it for so long`;
    case 'source-lost':
      return `the source is lost, trying again: ${event.reason}`;
    case 'source-back':
      return 'the source is back';
    case 'frames-dropped':
      return `${count(event.frames, 'frame')} dropped: they come faster than they are scored (--fps takes fewer)`;
    case 'file-skipped':
      return `passed by: ${event.name} (${event.reason})`;
  }
}
