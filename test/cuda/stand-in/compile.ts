import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../run.js';

/** Sources here, and the names that they are loaded by. */
const LIBRARIES = {
  'no-device.c': 'libcuda.so.1',
  'cuda-runtime.c': 'libcuda-stand-in.so',
  'cudnn.c': 'libcudnn.so.9',
} as const;

/** Compiles one of the stand-ins. @returns Its path. @throws where there is no compiler, with its words */
export async function compileStandIn(source: keyof typeof LIBRARIES, folder: string): Promise<string> {
  const output = join(folder, LIBRARIES[source]);
  await mkdir(folder, { recursive: true });
  const file = fileURLToPath(new URL(source, import.meta.url));
  const soname = `-Wl,-soname,${LIBRARIES[source]}`;
  const { code, stderr } = await run('gcc', [
    '-shared',
    '-fPIC',
    '-O1',
    '-w',
    soname,
    '-o',
    output,
    file,
    '-ldl',
    '-lpthread',
  ]);
  if (code !== 0)
    throw new Error(
      `${source} does not compile (Debian packages gcc and libc6-dev): ${stderr.slice(0, 500)}`,
    );
  return output;
}
