// Pages of all that is promised, for reading in a browser; made from the built declarations, and not kept.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Application, type Comment, LogLevel, type ProjectReflection, ReflectionKind } from 'typedoc';
import ts from 'typescript';
import { ROOT } from '../workspaces.js';
import { DECLARATION_OPTIONS } from './declaration-options.js';
import { publicEntries } from './public-entries.js';

const PAGES_FOLDER = join(ROOT, 'api-pages');
/** What says nothing of itself. Options and results are told by what takes and gives them. */
const SAID: ReflectionKind = ReflectionKind.Function | ReflectionKind.Class | ReflectionKind.Variable;

const entries = await publicEntries();
const app = await Application.bootstrap({
  name: 'CFLOW',
  readme: 'none',
  // Where a thing stands in this repository is nothing to who installs a package.
  disableSources: true,
  excludePrivate: true,
  hideGenerator: true,
  logLevel: LogLevel.Warn,
  // A link in a comment has to lead somewhere. Parts that no entry exports are named as they are.
  validation: { notExported: false, notDocumented: false, invalidLink: true },
});
const { options } = ts.convertCompilerOptionsFromJson(DECLARATION_OPTIONS, ROOT);
const program = ts.createProgram(
  entries.map(({ types }) => types),
  options,
);
const project = app.converter.convert(
  entries.map(({ name, types }) => {
    const sourceFile = program.getSourceFile(types);
    if (!sourceFile) throw new Error(`expected declarations at ${types}, found none; build first`);
    return { displayName: name, program, sourceFile };
  }),
);
app.validate(project);
for (const name of undocumented(project))
  app.logger.error(`${name}: expected a comment that says what it is, found none` as never);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await rm(PAGES_FOLDER, { recursive: true, force: true });
await app.generateDocs(project, PAGES_FOLDER);
console.log(`${entries.length} entries in api-pages/index.html`);

/** Functions, classes and values of an entry that no comment explains. */
function undocumented({ children = [] }: ProjectReflection): string[] {
  return children.flatMap((entry) =>
    (entry.children ?? [])
      .filter((each) => each.kindOf(SAID) && !isSaid(each) && !each.signatures?.some(isSaid))
      .map((each) => `${each.name} of ${entry.name}`),
  );
}

/** What it may throw says nothing of what it is. */
function isSaid({ comment }: { comment?: Comment | undefined }): boolean {
  return (comment?.summary.length ?? 0) > 0;
}
