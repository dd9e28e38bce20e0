// One spelling, that of the field's code: American. What others have named keeps its name.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BRITISH =
  /\w*(?:fibre|colour(?!space)|grey(?!16)|ormalis|tandardis|ecognis|nitialis|eighbour|centre|\bcentred|ptimis(?:er|ers|ing|ation))\w*/gi;
/** Words that people name folders by, in any spelling; what a peer wrote; and this file. */
const LEFT_OUT =
  /^package-lock\.json$|\/testdata\/|^packages\/images\/src\/vocabulary\/words\.ts$|^test\/lint\/british-spelling\./;
const READ = /\.(?:ts|tsx|js|mjs|cjs|css|html|md|json|py|yaml|yml|sh)$/;

/** British spellings in a text, each with its line. */
export function britishWords(text: string): { line: number; word: string }[] {
  return text
    .split('\n')
    .flatMap((line, i) => [...line.matchAll(BRITISH)].map(([word]) => ({ line: i + 1, word })));
}

/** Each British spelling in what git knows of the tree, as `path:line: word`. */
export function britishSpellings(root: string): string[] {
  const paths = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  return paths
    .filter((path) => READ.test(path) && !LEFT_OUT.test(path) && existsSync(join(root, path)))
    .flatMap((path) =>
      britishWords(readFileSync(join(root, path), 'utf8')).map(
        ({ line, word }) => `${path}:${line}: ${word}`,
      ),
    );
}
