// The code blocks of the pages that people read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

export interface FencedBlock {
  /** Path of the page from the root of the repository. */
  page: string;
  /** Of its first fence, from 1. */
  line: number;
  /** What stands behind the first fence; empty where nothing does. */
  language: string;
  text: string;
}

/** The blocks of a page in their order. Fences may be indented, as in lists; so much is taken off their lines. */
export function fencedBlocks(page: string, text: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { block: FencedBlock; fence: string; indent: string; lines: string[] } | undefined;
  text.split('\n').forEach((line, index) => {
    const [, indent = '', fence, language = ''] = /^( *)(`{3,}|~{3,})([^`\s]*)/.exec(line) ?? [];
    if (open && fence?.startsWith(open.fence) && language === '') {
      blocks.push({ ...open.block, text: open.lines.map((each) => `${each}\n`).join('') });
      open = undefined;
    } else if (open) open.lines.push(line.replace(new RegExp(`^ {0,${open.indent.length}}`), ''));
    else if (fence) {
      open = { block: { page, line: index + 1, language, text: '' }, fence, indent, lines: [] };
    }
  });
  if (open) throw new Error(`${page}:${open.block.line}: the block does not end`);
  return blocks;
}

/** The README, all of docs/, and the README of each package, function and example. */
export function pagesOfTheProject(): string[] {
  const folders = ['packages', 'functions', 'sdk/examples'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
  );
  const readmes = ['.', 'sdk', ...folders, 'packages/model/src/weights'].map((folder) =>
    join(folder, 'README.md'),
  );
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return [...readmes, ...docs.sort()].filter((page) => existsSync(join(ROOT, page)));
}

export function blocksOf(page: string): FencedBlock[] {
  return fencedBlocks(page, readFileSync(join(ROOT, page), 'utf8'));
}

export function label({ page, line, language }: FencedBlock): string {
  return `${page}:${line}${language ? ` (${language})` : ''}`;
}
