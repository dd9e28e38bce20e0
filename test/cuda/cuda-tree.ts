import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const ENGINE = 'onnxruntime-node';
const NATIVE = 'bin/napi-v6/linux/x64';

/**
 * The project as it lies in an image: its packages as they are built, and an onnxruntime-node of its own, into whose
 * folder a provider can be linked without touching that of the checkout. Node resolves links, so what is to find this
 * engine is copied; all else is linked.
 */
export class CudaTree {
  readonly folder: string;
  /** Where ONNX Runtime looks for its provider. */
  readonly engineFolder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.engineFolder = join(folder, 'node_modules', ENGINE, NATIVE);
  }

  static async make(folder: string): Promise<CudaTree> {
    const tree = new CudaTree(folder);
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, '@cflow'), { recursive: true });
    for (const name of await readdir(MODULES)) {
      if (name.startsWith('.') || ['@cflow', 'cflow', ENGINE].includes(name)) continue;
      await symlink(join(MODULES, name), join(modules, name));
    }
    for (const name of await readdir(join(MODULES, '@cflow'))) {
      if (name !== 'test') await copyPackage(`@cflow/${name}`, modules);
    }
    await copyPackage('cflow', modules);
    const engine = join(modules, ENGINE);
    await mkdir(tree.engineFolder, { recursive: true });
    for (const part of [
      'package.json',
      'dist',
      join(NATIVE, 'libonnxruntime.so.1'),
      join(NATIVE, 'onnxruntime_binding.node'),
    ])
      await cp(join(MODULES, ENGINE, part), join(engine, part), { recursive: true });
    return tree;
  }

  /** A script of `test/` as one file in the tree. @returns Its path */
  async addScript(source: string): Promise<string> {
    const outfile = join(this.folder, source.replaceAll('/', '-').replace(/\.ts$/, '.mjs'));
    await build({
      entryPoints: [join(ROOT, 'test', source)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
    });
    return outfile;
  }

  get cli(): string {
    return join(this.folder, 'node_modules', 'cflow', 'bin', 'cflow.js');
  }
}

async function copyPackage(name: string, modules: string): Promise<void> {
  for (const part of ['package.json', 'dist', 'bin', 'openapi.json']) {
    const from = join(MODULES, name, part);
    await cp(from, join(modules, name, part), {
      recursive: true,
      filter: (path) => !/\.(d\.ts|map)$/.test(path),
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}
