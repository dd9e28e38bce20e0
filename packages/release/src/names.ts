// What the packages are called on a registry, in one place: the sources say `cflow`, `@cflow/…` and `create-cflow`, and a
// release writes what stands here. The command stays `cflow` whatever its package is called.

export interface PackageNames {
  /** The package that brings the command `cflow`. */
  command: string;
  /** The scope of all other packages, with its `@`. */
  scope: string;
  /** The package that `npm create` runs: `create-` and what is typed after it. */
  starter: string;
}

/** As the sources have them. */
export const SOURCE_NAMES: PackageNames = { command: 'cflow', scope: '@cflow', starter: 'create-cflow' };

/** As they are published. */
export const PUBLISHED_NAMES: PackageNames = SOURCE_NAMES;

/** The published name of a package that the sources call `name`; names of others stay. */
export function publishedName(name: string, names: PackageNames): string {
  if (name === SOURCE_NAMES.command) return names.command;
  if (name === SOURCE_NAMES.starter) return names.starter;
  const prefix = `${SOURCE_NAMES.scope}/`;
  return name.startsWith(prefix) ? `${names.scope}/${name.slice(prefix.length)}` : name;
}

/** A text of a package, with all packages of the scope called what they are published as. */
export function withPublishedNames(text: string, names: PackageNames): string {
  return text.replaceAll(`${SOURCE_NAMES.scope}/`, `${names.scope}/`);
}
