// Every code block that people read is run as it is written, and what a page says that it prints is what it prints. What
// cannot run stands in blocks/not-run.ts, with the reason, and is parsed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { serviceEnvironmentSchema } from '@cflow/predict/node';
import { validate } from 'dockerfile-utils';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { differenceOfOutput } from './blocks/compare-output.js';
import { blocksOf, type FencedBlock, label, pagesOfTheProject } from './blocks/fenced-blocks.js';
import { missingProgram } from './blocks/missing-program.js';
import { NOT_RUN, type NotRun } from './blocks/not-run.js';
import { PAGE_NEEDS } from './blocks/page-needs.js';
import { prepare } from './blocks/prepare.js';
import { type Ran, RUNS, runBlock } from './blocks/run-block.js';
import { makeWorkplace, type Workplace } from './blocks/workplace.js';

const run = promisify(execFile);
/** A page runs within the first of its tests, and the one that others need within theirs. */
const PAGE_LIMIT_MS = 900_000;
/** Its first block makes the bundle that the other pages use, so it is run as it is, with nothing made smaller. */
const SHARED = 'packages/cli/README.md';
const listed = (block: FencedBlock): NotRun | undefined =>
  NOT_RUN.find(({ page, begins }) => page === block.page && block.text.startsWith(begins));

interface Page {
  folder: string;
  /** Of each block that was run; a rejection where it failed. */
  ran: Map<FencedBlock, Promise<Ran>>;
}
const pages = new Map<string, Promise<Page>>();
const places: Workplace[] = [];
const shared = async (): Promise<string> => {
  const { folder, ran } = await runPage(SHARED);
  await Promise.all(ran.values());
  return folder;
};

/** Runs the blocks of a page in their order, once; those behind one that failed are run all the same. */
function runPage(page: string): Promise<Page> {
  const begun = pages.get(page) ?? begin(page);
  pages.set(page, begun);
  return begun;
}

async function begin(page: string): Promise<Page> {
  const place = await makeWorkplace({ smaller: page !== SHARED });
  places.push(place);
  const addresses = await prepare(page, PAGE_NEEDS[page] ?? [], place, shared);
  const ran: Page['ran'] = new Map();
  for (const block of blocksOf(page)) {
    if (!RUNS.has(block.language) || listed(block) || missingProgram(block)) continue;
    const result = runBlock(block, place, addresses);
    ran.set(block, result);
    await result.catch(() => undefined);
  }
  await place.rest();
  return { folder: place.folder, ran };
}

afterAll(() => Promise.all(places.map((place) => place.stop())));

const all = pagesOfTheProject().map((page) => ({ page, blocks: blocksOf(page) }));

describe.each(all.filter(({ blocks }) => blocks.length > 0))('$page', ({ page, blocks }) => {
  const resultOf = async (block: FencedBlock): Promise<Ran | undefined> => {
    const { ran } = await runPage(page);
    return [...ran].find(([{ line }]) => line === block.line)?.[1];
  };
  for (const [i, block] of blocks.entries()) {
    const reason = listed(block);
    if (reason) it(`${label(block)} is parsed: ${reason.reason}`, () => parse(block, reason));
    else if (RUNS.has(block.language)) {
      const missing = missingProgram(block);
      it.skipIf(missing)(
        `${label(block)} runs ${missing ?? ''}`,
        async () => {
          expect(await resultOf(block)).toBeDefined();
        },
        PAGE_LIMIT_MS,
      );
    } else {
      const source = blocks.slice(0, i).findLast(({ language }) => RUNS.has(language));
      const missing = source && missingProgram(source);
      it.skipIf(missing)(`${label(block)} is what the block before it gives ${missing ?? ''}`, async () => {
        const kind = `a block "${block.language}" that is neither run nor an output`;
        expect(['', 'text', 'json'], kind).toContain(block.language);
        if (!source || listed(source)) throw new Error('there is no block before it that runs');
        const result = await resultOf(source);
        expect(differenceOfOutput(block.text, result?.output ?? '')).toBeUndefined();
      });
    }
  }
});

/** As far as it goes: its syntax, its options where their program is there, the names of our variables. */
async function parse({ text }: FencedBlock, { check }: NotRun): Promise<void> {
  if (check === 'yaml') {
    for (const { errors } of parseAllDocuments(text)) expect(errors).toEqual([]);
  } else if (check === 'dockerfile') {
    expect(validate(text)).toEqual([]);
  } else if (check === 'python') {
    await run('python3', ['-c', 'import ast, sys; ast.parse(sys.argv[1])', text]);
  } else await run('bash', ['-n', '-c', text]);
  if (check === 'gcloud' && existsSync('/usr/bin/gcloud')) {
    const command = text.replaceAll(/\\\n\s*/g, '').trim();
    const args = ['meta', 'lint-gcloud-commands', `--command-string=${command}`];
    const { stdout } = await run('gcloud', args, { maxBuffer: 2 ** 26 });
    const found = JSON.parse(stdout) as { success: boolean; error_message: string | null }[];
    expect(found.map(({ success, error_message }) => (success ? '' : error_message))).toEqual(['']);
  }
  const names = Object.keys(serviceEnvironmentSchema.shape);
  for (const [name] of text.matchAll(/\bCFLOW_\w+/g)) expect(names).toContain(name);
  const scripts = [...text.matchAll(/npm run (\S+)/g)].map(([, name]) => name);
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  for (const name of scripts) expect(Object.keys(manifest.scripts)).toContain(name);
}

describe('the lists', () => {
  it('name blocks and pages that exist', () => {
    const blocks = all.flatMap((each) => each.blocks);
    const gone = NOT_RUN.filter(
      ({ page, begins }) => blocks.filter((b) => b.page === page && b.text.startsWith(begins)).length !== 1,
    );
    expect(gone).toEqual([]);
    expect(Object.keys(PAGE_NEEDS).filter((page) => !all.some((each) => each.page === page))).toEqual([]);
  });

  it('leave out few: nine blocks of ten are run, or are the output of one', () => {
    expect(NOT_RUN.length).toBeLessThan(all.flatMap((each) => each.blocks).length / 8);
  });
});
