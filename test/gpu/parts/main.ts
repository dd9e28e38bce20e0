// `npm run gpu:pack`: what a borrowed machine without a network needs beside the checkout, in parts.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cudaLibraries } from '../../cuda/cuda-libraries.js';
import { neededPaths } from './needed-paths.js';
import { packParts } from './pack-parts.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ENGINE = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64';
const MEBIBYTE = 2 ** 20;
const USAGE = `usage: npm run gpu:pack -- [--into <folder>] [--mebibytes <n>] [--without-cuda]

Packs Node, the packages that "npm run gpu:check" needs, what is built, and CUDA's libraries (linux/x64) into parts of at most so
many MiB (default: 60, in ./gpu-parts). Carry one folder at a time to the machine, beside the checkout, and run there

  sh test/gpu/parts/receive-part.sh gpu-parts/01

for each; the last one unpacks them. Then: ./bin/node --import tsx test/gpu/gpu-check.ts`;

const { values } = parseArgs({
  options: {
    into: { type: 'string', default: 'gpu-parts' },
    mebibytes: { type: 'string', default: '60' },
    'without-cuda': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const mebibytes = Number(values.mebibytes);
if (values.help || !(mebibytes >= 1 && mebibytes <= 10_000)) {
  process.stdout.write(`${USAGE}\n`);
  process.exitCode = values.help ? 0 : 2;
} else {
  const into = resolve(process.env.INIT_CWD ?? '.', values.into);
  const cuda = values['without-cuda'] ? undefined : (await cudaLibraries()).folder;
  const sizes = await packParts({
    into,
    partBytes: mebibytes * MEBIBYTE,
    packed: [
      { from: dirname(process.execPath), paths: [basename(process.execPath)], to: 'bin' },
      { from: ROOT, paths: await neededPaths(ROOT) },
      ...(cuda === undefined
        ? []
        : [{ from: cuda, paths: (await readdir(cuda)).filter((name) => name.includes('.so')), to: ENGINE }]),
    ],
  });
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  process.stdout.write(
    `${sizes.length} parts in ${into}, ${Math.round(total / MEBIBYTE)} MiB in all: ${join(values.into, '01')} is the first\n`,
  );
}
