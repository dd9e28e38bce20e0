import { ROOT } from '../workspaces.js';
import type { OpenedPackage } from './package-check.js';

const NEEDED = ['LICENSE', 'README.md', 'package.json'];
const FIELDS = ['name', 'version', 'description', 'keywords', 'license', 'author'];
/** Scripts that an installer would run, which nobody lets strangers do. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];
const NOT_PUBLISHED =
  /(^|\/)(src|test|tests|testing|__tests__)\/|\.test\.|\.tsbuildinfo$|(^|\/)\.(?!gitignore$)/;

/** That what has to be is there, and what is ours alone is not. */
export function checkFiles({ files, manifest }: OpenedPackage): string[] {
  const paths = [...files.keys()];
  const scripts = Object.keys((manifest.scripts as Record<string, string> | undefined) ?? {});
  return [
    ...NEEDED.filter((path) => !files.has(path)).map(
      (path) => `expected the file ${path}, which is not packed`,
    ),
    ...FIELDS.filter((field) => manifest[field] === undefined).map(
      (field) => `expected "${field}" in package.json, which is not there`,
    ),
    ...scripts
      .filter((name) => INSTALL_SCRIPTS.includes(name))
      .map((name) => `has the install script ${name}`),
    ...paths.filter((path) => NOT_PUBLISHED.test(path)).map((path) => `has ${path}, which is not for others`),
    ...machinePaths(files),
    ...unpublishedEntries(files),
  ];
}

/** Addresses of the machine that packed. */
function machinePaths(files: OpenedPackage['files']): string[] {
  const found = [...files].filter(
    ([path, bytes]) => /\.(js|cjs|ts|cts|json|map)$/.test(path) && bytes.includes(ROOT),
  );
  return found.map(([path]) => `${path} names ${ROOT}, a folder of this machine`);
}

/** What a reader would look for in vain. */
function unpublishedEntries(files: OpenedPackage['files']): string[] {
  const named = /@[\w-]+\/[\w-]+\/testing\b/.exec(String(files.get('README.md') ?? ''));
  return named ? [`README.md names ${named[0]}, which is not published`] : [];
}
