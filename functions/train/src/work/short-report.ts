import type { DataSetReport } from '@cflow/spec';

const LONGEST_NAME = 100;
const LONGEST_MESSAGE = 500;
const MOST_GROUPS = 30;
/** Below what an event may have. */
const LONGEST = 12_000;

/** A report as it fits into an event, whatever names are in it: the longest are cut, and of many folders the largest stay. */
export function shortReport(report: DataSetReport): DataSetReport {
  const name = (text: string): string =>
    text.length <= LONGEST_NAME ? text : `…${text.slice(1 - LONGEST_NAME)}`;
  const short: DataSetReport = {
    ...report,
    name: name(report.name),
    groups: report.groups.slice(0, MOST_GROUPS).map((group) => ({
      ...group,
      from: name(group.from),
      ...(group.defect !== undefined && { defect: name(group.defect) }),
    })),
    skipped: report.skipped.map((each) => ({ ...each, names: each.names.map(name) })),
    findings: report.findings.map((each) => ({
      ...each,
      message: each.message.slice(0, LONGEST_MESSAGE),
      names: each.names.map(name),
    })),
  };
  if (JSON.stringify(short).length <= LONGEST) return short;
  return {
    ...short,
    groups: [],
    skipped: short.skipped.map((each) => ({ ...each, names: [] })),
    findings: short.findings.map((each) => ({ ...each, names: [] })),
  };
}
