// What a forge runs is what the repository has: commands that are there, the versions of Node that are promised.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.github/workflows');

interface Job {
  'timeout-minutes'?: number;
  steps: { run?: string; uses?: string }[];
  strategy?: { matrix: { node: number[] } };
}
interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const workflows = new Map<string, Workflow>();
for (const name of await readdir(FOLDER)) {
  workflows.set(name, parse(await readFile(join(FOLDER, name), 'utf8')) as Workflow);
}
const jobs = [...workflows.values()].flatMap((workflow) => Object.values(workflow.jobs));

describe('workflows', () => {
  it('run commands that there are, within a time', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const commands = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    const named = commands.flatMap((line) => /^npm run ([\w:]+)/.exec(line)?.[1] ?? []);
    expect(named).toEqual(expect.arrayContaining(['lint', 'typecheck', 'release', 'check:packages']));
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
    for (const job of jobs) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  it('test on every Node that is promised', async () => {
    const promised = await readFile(join(ROOT, 'docs/install.md'), 'utf8');
    const tested = workflows.get('checks.yml')?.jobs.tests?.strategy?.matrix.node ?? [];
    const rows = [...promised.matchAll(/^\| ([\d, ]+) \| tested with every change/gm)];
    expect(rows.flatMap(([, versions = '']) => versions.split(', ').map(Number)).sort()).toEqual(tested);
  });

  it('may read, and publish only where that is their purpose', () => {
    for (const [name, { permissions }] of workflows) expect(permissions, name).toEqual({ contents: 'read' });
  });
});
