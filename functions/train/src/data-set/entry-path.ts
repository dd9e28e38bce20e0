import { DataSetError } from '@cflow/spec';

const DEEPEST = 32;
const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;
const FILE_TYPE = 0o170000;
const FOLDER = 0o040000;
const REGULAR = 0o100000;

/** What of an archive's entry decides where it goes. */
export interface EntryHeader {
  fileName: string;
  externalFileAttributes: number;
}

/**
 * The path of an entry as names below the folder that it is unpacked into, `./` before and within it left out; undefined for
 * folders, which files bring with them.
 * @throws DataSetError for a name that leads elsewhere, or that not every file system can have, and for anything but
 * files and folders
 */
export function entryPath({ fileName, externalFileAttributes }: EntryHeader): string[] | undefined {
  const refuse = (why: string): never => {
    throw new DataSetError(
      `the archive holds "${shown(fileName)}", which ${why}; make it of plain files and folders`,
      {
        details: { entry: shown(fileName) },
      },
    );
  };
  // Of a name of 64 kB nothing else is looked at.
  if (fileName.length > LONGEST_PATH) refuse('has a path that is too long');
  const isFolder = fileName.endsWith('/');
  const names = (isFolder ? fileName.slice(0, -1) : fileName).split('/').filter((name) => name !== '.');
  if (/^[/\\]|^[a-z]:/i.test(fileName)) refuse('is an absolute path');
  if (names.includes('..')) refuse('leads out of its folder');
  if (!isFolder && names.length === 0) refuse('is not a plain path');
  if (names.includes('')) refuse('is not a plain path');
  if (/[\p{Cc}\\]/u.test(fileName)) refuse('has a character that no file name should have');
  if (names.length > DEEPEST) refuse(`is nested more than ${DEEPEST} deep`);
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)) refuse('has a name that is too long');
  // The upper half holds the mode that Unix archivers write; zero from the others.
  const type = (externalFileAttributes >>> 16) & FILE_TYPE;
  if (type !== 0 && type !== REGULAR && type !== FOLDER) refuse('is a link or a special file');
  return isFolder ? undefined : names;
}

function shown(name: string): string {
  return name.slice(0, 200).replace(/\p{Cc}/gu, '?');
}
