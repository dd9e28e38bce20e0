import { builtinModules } from 'node:module';
import ts from 'typescript';
import type { OpenedPackage } from './package-check.js';

/** That every package that the code and its types import is among those that package.json asks for. */
export function checkImports({ files, manifest }: OpenedPackage): string[] {
  const declared = new Set([
    manifest.name,
    ...Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    }),
  ]);
  const found = new Set<string>();
  for (const [path, bytes] of files) {
    // Scripts of the SDK's assets, and of the page, are complete by themselves.
    if (!/\.([cm]?js|d\.[cm]?ts)$/.test(path) || /^(dist\/assets|template)\//.test(path)) continue;
    for (const { fileName } of ts.preProcessFile(String(bytes), true, true).importedFiles) {
      const name = packageOf(fileName);
      if (name !== undefined && !declared.has(name)) {
        found.add(`${path} imports ${name}, which package.json does not ask for`);
      }
    }
  }
  return [...found];
}

/** The package that a specifier is of; undefined for files, addresses and Node's own modules. */
function packageOf(specifier: string): string | undefined {
  if (/^([./]|[a-z]+:)/.test(specifier) || builtinModules.includes(specifier)) return undefined;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}
