// Part of `npm run lint`: every regular expression of what is shipped takes time that grows no faster than the text that it
// is tried on. Tests are left out: they look at texts of our own.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ALLOWED_EXPRESSIONS } from './allowed-expressions.js';
import { expressionsOf } from './expressions-of.js';
import { superLinear } from './super-linear.js';

const SOURCES = ['packages/*.ts', 'functions/*.ts', 'sdk/*.ts', '*.mjs', '*.js'];
const TESTS = /\.test\.ts$|\/(?:testing|fixtures|conformance)\/|^test\//;

/** Each with the places where it stands. */
const places = new Map<string, { source: string; flags: string; at: string[] }>();
const complaints: string[] = [];
const files = execFileSync('git', ['ls-files', '--', ...SOURCES], { encoding: 'utf8' });
for (const path of files.split('\n').filter((each) => each !== '' && !TESTS.test(each))) {
  for (const { line, text, expression } of expressionsOf(path, readFileSync(path, 'utf8'))) {
    const at = `${path}:${line}`;
    if (expression) {
      const known = places.get(text) ?? { ...expression, at: [] };
      places.set(text, { ...known, at: [...known.at, at] });
    } else
      complaints.push(
        `${at}: ${text} is put together in a run, and cannot be checked; write it down as it is`,
      );
  }
}
for (const [text, { source, flags, at }] of places) {
  const why = await superLinear(source, flags);
  const allowed = Object.hasOwn(ALLOWED_EXPRESSIONS, text);
  if (why !== undefined && !allowed) complaints.push(`${at.join(', ')}: ${text} is super-linear: ${why}`);
  if (why === undefined && allowed) complaints.push(`${text} is linear and need not be allowed`);
}
for (const text of Object.keys(ALLOWED_EXPRESSIONS)) {
  if (!places.has(text)) complaints.push(`${text} is allowed, and nowhere any more`);
}
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.stdout.write(`${places.size} regular expressions checked, ${complaints.length} complaints\n`);
process.exit(complaints.length > 0 ? 1 : 0);
