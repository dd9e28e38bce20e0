import type { Result } from '../result.js';
import { csvLine } from './csv-line.js';

/** How results become a text file. */
export interface FileFormat {
  /** What a file begins with. */
  header: string;
  line(result: Result): string;
}

const COLUMNS = [
  ...['id', 'sequence', 'source', 'number', 'time', 'name', 'detector', 'label', 'score'],
  ...['false_alarm_probability', 'threshold', 'regions', 'verdict', 'alarms', 'error', 'picture'],
];

/** RFC 4180, with a header. The fields of one line never have a line end in them. */
export const CSV: FileFormat = {
  header: `${COLUMNS.join(',')}\r\n`,
  line: (result) => {
    const { score, falseAlarmProbability, threshold, label, verdict, alarms } = result;
    const cells = [
      result.id,
      result.sequence,
      result.source,
      result.number,
      result.time,
      result.name,
      result.detector,
      label ?? '',
      score,
      falseAlarmProbability,
      threshold,
      result.regions.length,
      verdict ?? '',
      alarms.join(' '),
      result.error ?? null,
      result.pictureFile ?? null,
    ];
    const oneLine = cells.map((each) => (typeof each === 'string' ? each.replace(/[\r\n]/g, ' ') : each));
    return `${csvLine(oneLine)}\r\n`;
  },
};

/** A JSON object per line: the whole result. */
export const JSON_LINES: FileFormat = {
  header: '',
  line: (result) => `${JSON.stringify(result)}\n`,
};
