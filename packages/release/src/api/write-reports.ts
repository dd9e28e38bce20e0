// Writes the reports anew, for who changed a public type and means it: what differs is part of the commit.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiReport, reportFile } from './api-report.js';
import { publicEntries } from './public-entries.js';
import { REPORTS_FOLDER } from './reports-folder.js';

const entries = await publicEntries();
await mkdir(REPORTS_FOLDER, { recursive: true });
for (const name of await readdir(REPORTS_FOLDER)) {
  if (!entries.some((entry) => reportFile(entry) === name)) await rm(join(REPORTS_FOLDER, name));
}
for (const entry of entries) await writeFile(join(REPORTS_FOLDER, reportFile(entry)), await apiReport(entry));
console.log(`${entries.length} reports in packages/release/api`);
