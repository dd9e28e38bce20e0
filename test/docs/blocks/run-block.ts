import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FencedBlock, ROOT } from './fenced-blocks.js';
import { type Addresses, SERVICE } from './prepare.js';
import { runHtml } from './run-html.js';
import type { Workplace } from './workplace.js';

const TSX = pathToFileURL(join(ROOT, 'node_modules/tsx/dist/esm/index.mjs')).href;

export interface Ran {
  /** What the block gave: what it printed, or what its page says in the end. */
  output: string;
}

/** Languages of blocks that run; all others show an output, or stand in the list of those that do not run. */
export const RUNS: ReadonlySet<string> = new Set(['sh', 'js', 'ts', 'html']);

/** Runs a block as it is written, but for addresses. Rejects when it fails. */
export async function runBlock(block: FencedBlock, place: Workplace, addresses: Addresses): Promise<Ran> {
  if (block.language === 'html') return { output: await runHtml(block.text, place.folder, addresses) };
  if (block.language === 'sh') return { output: await runShell(block.text, place, addresses) };
  const file = `block-${block.line}.${block.language === 'ts' ? 'mts' : 'mjs'}`;
  await writeFile(join(place.folder, file), here(block.text, addresses));
  const args = block.language === 'ts' ? ['--import', TSX, file] : [file];
  const { code, output } = await place.run(process.execPath, args);
  if (code !== 0) throw new Error(`it ended with ${code}:\n${output}`);
  return { output };
}

/** The commands one after the other, by bash; `cflow serve` is left running for what comes after it. */
async function runShell(text: string, place: Workplace, addresses: Addresses): Promise<string> {
  let printed = '';
  const flush = async (lines: string): Promise<void> => {
    if (lines.trim() === '') return;
    const { code, output } = await place.run('bash', [
      '--norc',
      '-euo',
      'pipefail',
      '-c',
      here(lines, addresses),
    ]);
    printed += output;
    if (code !== 0) throw new Error(`it ended with ${code}:\n${printed}`);
  };
  let waiting = '';
  for (const line of text.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const [, options] = /^npx cflow serve\b([^#]*)/.exec(line) ?? [];
    if (options === undefined) waiting += `${line}\n`;
    else {
      await flush(waiting);
      waiting = '';
      addresses.set(SERVICE, await place.serve(options.split(/\s+/).filter(Boolean)));
    }
  }
  await flush(waiting);
  return printed;
}

function here(text: string, addresses: Addresses): string {
  let code = text;
  for (const [named, real] of addresses) code = code.replaceAll(named, real);
  return code;
}
