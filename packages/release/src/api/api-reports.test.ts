// Fails when a public type is not what it was when its report was committed.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiReport, reportFile } from './api-report.js';
import { publicEntries } from './public-entries.js';
import { REPORTS_FOLDER } from './reports-folder.js';

const entries = await publicEntries();
const MEANT = 'a public type has changed: if it is meant to, run "npm run api" and commit what differs';

describe('the public types', () => {
  it('have a report each, and no report is of what is gone', async () => {
    expect((await readdir(REPORTS_FOLDER)).sort()).toEqual(entries.map(reportFile).sort());
  });

  it.each(entries)('of $name are those of its report', async (entry) => {
    const committed = await readFile(join(REPORTS_FOLDER, reportFile(entry)), 'utf8');
    expect(await apiReport(entry), MEANT).toBe(committed);
  });

  it('differ in the report where a member does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-types-'));
    const entry = { name: 'one', folder, types: join(folder, 'index.d.ts') };
    const write = (text: string): Promise<void> => writeFile(entry.types, text);
    await writeFile(join(folder, 'package.json'), '{ "name": "one", "version": "1.0.0", "type": "module" }');
    await write('export interface One { a: number; }');
    const before = await apiReport(entry);
    await write('export interface One { a: number; b?: string; }');
    expect(await apiReport(entry)).not.toBe(before);
    await rm(folder, { recursive: true });
  });
});
