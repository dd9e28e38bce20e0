// What a shared library of 64-bit little-endian Linux says of itself: what it needs, by name and version, and what it has.
// Source: System V ABI, chapter 4 and 5; the GNU version sections as in LSB Core 5.0, chapter 10.7.
import { closeSync, openSync, readSync } from 'node:fs';

export interface SharedLibrary {
  soname: string | undefined;
  needed: string[];
  /** By the file that has to have them: versions of symbols. */
  versionsNeeded: Map<string, string[]>;
  versionsDefined: Set<string>;
  /** Names of symbols that others have to have. */
  undefinedSymbols: string[];
  definedSymbols: Set<string>;
}

interface Section {
  name: string;
  offset: number;
  size: number;
  link: number;
  entries: number;
}

const NEEDED = 1n;
const SONAME = 14n;

/** Reads only what it looks at: libraries of CUDA have hundreds of megabytes. */
export class ElfFile {
  readonly #file: number;
  readonly sections: readonly Section[];

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    const header = this.bytes(0, 64);
    if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') {
      this.close();
      throw new Error(`${path} is not a 64-bit little-endian ELF file`);
    }
    const count = header.readUInt16LE(60);
    const table = this.bytes(Number(header.readBigUInt64LE(40)), 64 * count);
    const named = Array.from({ length: count }, (_, i) => {
      const at = 64 * i;
      return {
        nameAt: table.readUInt32LE(at),
        offset: Number(table.readBigUInt64LE(at + 24)),
        size: Number(table.readBigUInt64LE(at + 32)),
        link: table.readUInt32LE(at + 40),
        entries: table.readUInt32LE(at + 44),
      };
    });
    const names = named[header.readUInt16LE(62)];
    const text = names ? this.bytes(names.offset, names.size) : Buffer.alloc(0);
    this.sections = named.map(({ nameAt, ...section }) => ({ ...section, name: stringAt(text, nameAt) }));
  }

  bytes(offset: number, size: number): Buffer {
    const buffer = Buffer.alloc(size);
    for (let done = 0; done < size; ) {
      const read = readSync(this.#file, buffer, done, size - done, offset + done);
      if (read === 0) throw new Error('the ELF file ends before what it lists');
      done += read;
    }
    return buffer;
  }

  section(name: string): Section | undefined {
    return this.sections.find((each) => each.name === name);
  }

  contents(name: string): Buffer {
    const section = this.section(name);
    return section ? this.bytes(section.offset, section.size) : Buffer.alloc(0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

export function readSharedLibrary(path: string): SharedLibrary {
  const elf = new ElfFile(path);
  try {
    const strings = elf.contents('.dynstr');
    const dynamic = elf.contents('.dynamic');
    const entries = Array.from({ length: dynamic.length / 16 }, (_, i) => ({
      tag: dynamic.readBigInt64LE(16 * i),
      value: stringAt(strings, Number(dynamic.readBigUInt64LE(16 * i + 8) & 0xffff_ffffn)),
    }));
    return {
      soname: entries.find(({ tag }) => tag === SONAME)?.value,
      needed: entries.filter(({ tag }) => tag === NEEDED).map(({ value }) => value),
      versionsNeeded: versionsNeeded(elf.contents('.gnu.version_r'), strings),
      versionsDefined: versionsDefined(elf.contents('.gnu.version_d'), strings),
      ...symbols(elf.contents('.dynsym'), strings),
    };
  } finally {
    elf.close();
  }
}

function versionsNeeded(table: Buffer, strings: Buffer): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let at = 0, next = 1; at < table.length && next !== 0; at += next) {
    const versions: string[] = [];
    let inner = at + table.readUInt32LE(at + 8);
    for (let i = 0; i < table.readUInt16LE(at + 2); i++) {
      versions.push(stringAt(strings, table.readUInt32LE(inner + 8)));
      inner += table.readUInt32LE(inner + 12);
    }
    found.set(stringAt(strings, table.readUInt32LE(at + 4)), versions);
    next = table.readUInt32LE(at + 12);
  }
  return found;
}

function versionsDefined(table: Buffer, strings: Buffer): Set<string> {
  const found = new Set<string>();
  for (let at = 0, next = 1; at < table.length && next !== 0; at += next) {
    found.add(stringAt(strings, table.readUInt32LE(at + table.readUInt32LE(at + 12))));
    next = table.readUInt32LE(at + 16);
  }
  return found;
}

function symbols(table: Buffer, strings: Buffer): Pick<SharedLibrary, 'undefinedSymbols' | 'definedSymbols'> {
  const undefinedSymbols: string[] = [];
  const definedSymbols = new Set<string>();
  for (let at = 24; at < table.length; at += 24) {
    const name = stringAt(strings, table.readUInt32LE(at));
    if (table.readUInt16LE(at + 6) === 0) undefinedSymbols.push(name);
    else definedSymbols.add(name);
  }
  return { undefinedSymbols, definedSymbols };
}

function stringAt(strings: Buffer, offset: number): string {
  const end = strings.indexOf(0, offset);
  return strings.toString('latin1', offset, end === -1 ? strings.length : end);
}
