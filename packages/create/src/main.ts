import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createProject } from './create-project.js';

const HELP = `Usage: npm create cflow [folder]

Starts a project that scores images: a page (Vite) that shows what a detector sees, and a server with the detectors mounted.

  folder        where it goes: new, or empty (default: inspection)
  -h, --help    this
  -V, --version the version
`;

/** @returns The exit code */
export async function main(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' } },
    });
    const version = await ownVersion();
    if (values.help) return say(HELP);
    if (values.version) return say(`${version}\n`);
    const [named = 'inspection', ...others] = positionals;
    if (others.length > 0) throw new Error(`expected one folder, got ${positionals.length}`);
    const folder = resolve(named);
    await createProject(folder, version);
    return say(nextSteps(relative('.', folder) || '.'));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

const nextSteps = (folder: string): string => `${folder} is made. Next:

  cd ${folder}
  npm install
  npm run detector   # draws parts and trains a detector on the good ones; later, on yours
  npm run build
  npm start          # the page, on http://127.0.0.1:3000
`;

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
