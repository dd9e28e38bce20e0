import { readFile, writeFile } from 'node:fs/promises';
import { replaceSection } from './replace-section.js';
import { type Section, sectionText } from './section.js';

const HEAD = `# Benchmarks

Written by the harness of [test/bench](../test/bench/README.md), which says what is compared and how. The sides of a
comparison take turns in one run, on the same weights, images and threads, after their results were found equal. Ratios
are medians; above 1, cflow is the better one. A table is of one run; figures of different tables are not comparable.
`;

/** Puts a run's figures into a report, in the place of the ones that the same bench gave before. */
export async function writeSection(file: string, section: Section): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return HEAD;
    throw error;
  });
  await writeFile(file, replaceSection(text, section.bench, sectionText(section)));
}
