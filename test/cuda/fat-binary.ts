// Which cards a library has machine code for. Source of the layout: what `cuobjdump` lists of the same files, read
// beside the bytes; NVIDIA has not published it.
import { ElfFile } from './elf.js';

const SECTION = '.nv_fatbin';
const MAGIC = 0xba55ed50;
const PTX = 1;
const CUBIN = 2;

export interface DeviceCode {
  /** Compute capabilities that there is machine code for, such as `8.6`. */
  capabilities: string[];
  /** Those that there is intermediate code (PTX) for, which newer cards compile when it is loaded. */
  ptx: string[];
}

export function deviceCode(path: string): DeviceCode {
  const elf = new ElfFile(path);
  try {
    const bytes = elf.contents(SECTION);
    const found = { [CUBIN]: new Set<number>(), [PTX]: new Set<number>() };
    for (let at = 0; at + 16 <= bytes.length; ) {
      if (bytes.readUInt32LE(at) !== MAGIC) {
        // What is aligned is filled up.
        at += 4;
        continue;
      }
      const end = at + bytes.readUInt16LE(at + 6) + Number(bytes.readBigUInt64LE(at + 8));
      for (let entry = at + bytes.readUInt16LE(at + 6); entry + 32 <= Math.min(end, bytes.length); ) {
        const kind = bytes.readUInt16LE(entry);
        if (kind === CUBIN || kind === PTX) found[kind].add(bytes.readUInt32LE(entry + 28));
        entry += bytes.readUInt32LE(entry + 4) + Number(bytes.readBigUInt64LE(entry + 8));
      }
      at = end;
    }
    return { capabilities: named(found[CUBIN]), ptx: named(found[PTX]) };
  } finally {
    elf.close();
  }
}

/**
 * Whether a card runs some of this code: machine code runs on cards of the same major number that are not older.
 * Source: CUDA C++ programming guide, binary compatibility.
 */
export function runsOn({ capabilities, ptx }: DeviceCode, card: string): boolean {
  const [major = 0, minor = 0] = card.split('.').map(Number);
  const compatible = capabilities.some((each) => {
    const [itsMajor, itsMinor = 0] = each.split('.').map(Number);
    return itsMajor === major && itsMinor <= minor;
  });
  return compatible || ptx.some((each) => Number(each) <= Number(card));
}

function named(architectures: ReadonlySet<number>): string[] {
  return [...architectures].sort((a, b) => a - b).map((each) => `${Math.floor(each / 10)}.${each % 10}`);
}
