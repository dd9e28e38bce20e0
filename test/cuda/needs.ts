import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSharedLibrary, type SharedLibrary } from './elf.js';

/** What the image's base has: libraries of Debian 12, with the newest version of symbols that each has. */
const BASE: Readonly<Record<string, readonly [prefix: string, newest: string]>> = {
  'libc.so.6': ['GLIBC', '2.36'],
  'libm.so.6': ['GLIBC', '2.36'],
  'libdl.so.2': ['GLIBC', '2.36'],
  'librt.so.1': ['GLIBC', '2.36'],
  'libpthread.so.0': ['GLIBC', '2.36'],
  'ld-linux-x86-64.so.2': ['GLIBC', '2.36'],
  'libgcc_s.so.1': ['GCC', '12.0.0'],
  'libstdc++.so.6': ['GLIBCXX', '3.4.30'],
  'libz.so.1': ['ZLIB', '1.2.12'],
};
const CXXABI_NEWEST = '1.3.13';
const DRIVER = 'libcuda.so.1';

/** What libraries in a folder need and nobody has, in words; none where all is there. */
export async function unmetNeeds(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.so(\.|$)/.test(name));
  const read = new Map(names.map((name) => [name, readSharedLibrary(join(folder, name))] as const));
  return [...read].flatMap(([name, library]) => unmetOf(name, library, read, folder));
}

function unmetOf(
  name: string,
  { needed, versionsNeeded }: SharedLibrary,
  read: ReadonlyMap<string, SharedLibrary>,
  folder: string,
): string[] {
  const unmet = needed
    .filter((each) => each !== DRIVER && !(each in BASE) && !existsSync(join(folder, each)))
    .map((each) => `${name} needs ${each}, which is not there`);
  for (const [file, versions] of versionsNeeded) {
    const library = read.get(file);
    const lacking = versions.filter((version) =>
      library ? !library.versionsDefined.has(version) : file in BASE && !baseHas(file, version),
    );
    if (lacking.length > 0) unmet.push(`${name} needs ${lacking.join(', ')} of ${file}`);
  }
  return unmet;
}

function baseHas(file: string, version: string): boolean {
  const [prefix, newest] = BASE[file] as readonly [string, string];
  const [, its = '', number = ''] = /^([A-Z]+)_(\d[\d.]*)/.exec(version) ?? [];
  if (its === 'CXXABI') return notNewer(number, CXXABI_NEWEST);
  return its === '' || its !== prefix || notNewer(number, newest);
}

function notNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** Symbols of CUDA that the provider asks for and no library in the folder has; the driver has its own. */
export async function unresolvedSymbols(folder: string, provider: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.so(\.|$)/.test(name));
  const defined = names.map((name) => readSharedLibrary(join(folder, name)).definedSymbols);
  return readSharedLibrary(join(folder, provider)).undefinedSymbols.filter(
    (symbol) => /^(__)?(cuda|cublas|curand)[A-Z]/.test(symbol) && !defined.some((each) => each.has(symbol)),
  );
}
