// Where a registry keeps what. Files lie under their hash, so that what two versions share is stored once; a version is
// visible when its manifest is at its place, which is the last thing to be written.
import { aliasSchema, detectorNameSchema, versionSchema } from '@cflow/spec';
import { RegistryError } from './registry-error.js';

export const DETECTORS = 'detectors/';
export const FILES = 'files/';

export const fileKey = (sha256: string): string => `${FILES}${sha256}`;
/** Present while a sweep is about to delete a file. */
export const sweepingKey = (sha256: string): string => `sweeping/${sha256}`;
export const versionsPrefix = (name: string): string => `${DETECTORS}${checkedName(name)}/versions/`;
export const versionKey = (name: string, version: string): string =>
  `${versionsPrefix(name)}${checkedVersion(name, version)}.json`;
export const stagedPrefix = (name: string): string => `${DETECTORS}${checkedName(name)}/staged/`;
export const stagedKey = (name: string, version: string): string =>
  `${stagedPrefix(name)}${checkedVersion(name, version)}.json`;
export const aliasesPrefix = (name: string): string => `${DETECTORS}${checkedName(name)}/aliases/`;
export const aliasKey = (name: string, alias: string): string =>
  `${aliasesPrefix(name)}${checkedAlias(name, alias)}`;
export const settingsPrefix = (name: string): string => `${DETECTORS}${checkedName(name)}/settings/`;
export const feedbackPrefix = (name: string): string => `${DETECTORS}${checkedName(name)}/feedback/`;
/** Images that people said something of. */
export const keptImagesPrefix = (name: string): string => `${DETECTORS}${checkedName(name)}/kept-images/`;

// What cannot be a name is not there: names come from addresses, and end up in keys.
function checkedName(name: string): string {
  if (detectorNameSchema.safeParse(name).success) return name;
  throw noDetector(name);
}

function checkedVersion(name: string, version: string): string {
  if (versionSchema.safeParse(version).success) return version;
  throw noVersion(name, version);
}

function checkedAlias(name: string, alias: string): string {
  if (aliasSchema.safeParse(alias).success) return alias;
  throw new RegistryError('not-found', `"${shortened(alias)}" cannot be an alias of "${name}"`, {
    details: { name, alias: shortened(alias) },
  });
}

export function noDetector(name: string): RegistryError {
  return new RegistryError('not-found', `there is no detector "${shortened(name)}"`, {
    details: { name: shortened(name) },
  });
}

export function noVersion(name: string, reference: string): RegistryError {
  return new RegistryError(
    'not-found',
    `detector "${name}" has no version or alias "${shortened(reference)}"; list its versions to see what there is`,
    { details: { name, reference: shortened(reference) } },
  );
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
