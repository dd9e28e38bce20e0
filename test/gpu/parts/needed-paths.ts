// What a machine without a network needs beside the files of the checkout: what is built, packages, Node, CUDA.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Workspaces whose code the check runs, and what runs it. */
const STARTS = ['@cflow/training', '@cflow/synth', 'tsx', 'sharp', 'onnx-buf', '@bufbuild/protobuf'];

/** The engine of pages. */
const WEB = 'onnxruntime-web';

/** Folders below `root`: of every package that the check needs, and of what is built of ours. Large things of other platforms stay. */
export async function neededPaths(root: string): Promise<string[]> {
  const modules = join(root, 'node_modules');
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    // As Node looks for it: beside whoever asks first.
    const own = join(from, 'node_modules', name);
    const folder = existsSync(own) ? own : join(modules, name);
    if (name === WEB || !existsSync(folder) || found.has(folder)) return;
    found.add(folder);
    const real = realpathSync(folder);
    const manifest = JSON.parse(readFileSync(join(real, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    for (const field of ['dependencies', 'optionalDependencies'])
      for (const dependency of Object.keys(manifest[field] ?? {})) visit(dependency, real);
  };
  for (const name of STARTS) visit(name, root);
  const paths: string[] = [];
  for (const folder of found) {
    const path = relative(root, folder);
    const real = relative(root, realpathSync(folder));
    paths.push(path);
    if (real !== path && existsSync(join(root, real, 'dist'))) paths.push(join(real, 'dist'));
  }
  const engine = 'node_modules/onnxruntime-node';
  return [
    ...paths.filter((path) => path !== engine).sort(),
    ...[`${engine}/package.json`, `${engine}/dist`],
    ...(await readdir(join(root, engine, 'bin/napi-v6/linux/x64')))
      .filter((name) => !/providers/.test(name))
      .map((name) => `${engine}/bin/napi-v6/linux/x64/${name}`),
  ];
}
