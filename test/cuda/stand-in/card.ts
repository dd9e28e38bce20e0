import { link, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CUDA_PROVIDER_FILES } from '@cflow/runtime/node';
import { CudaTree } from '../cuda-tree.js';
import { type Ended, run } from '../run.js';
import { compileStandIn } from './compile.js';
import { type Counters, readCounters } from './counters.js';

/** The project in a tree of its own, on a card that computes nothing: see cuda-runtime.c. */
export class StandInCard {
  readonly #folder: string;
  readonly #libraries: string;
  readonly #runtime: string;
  readonly tree: CudaTree;
  #runs = 0;

  private constructor(folder: string, libraries: string, runtime: string, tree: CudaTree) {
    this.#folder = folder;
    this.#libraries = libraries;
    this.#runtime = runtime;
    this.tree = tree;
  }

  /** @param cuda Where CUDA's libraries lie; the folder beside them is used, since files are linked to */
  static async make(cuda: string): Promise<StandInCard> {
    const folder = await mkdtemp(join(dirname(cuda), 'stand-in-'));
    const libraries = join(folder, 'libraries');
    // The driver's library and cuDNN are the stand-in's; all else is real, of which the runtime and cuBLAS are covered up.
    await compileStandIn('no-device.c', libraries);
    await compileStandIn('cudnn.c', libraries);
    for (const name of await readdir(cuda)) {
      if (name.includes('.so') && name !== 'libcudnn.so.9')
        await link(join(cuda, name), join(libraries, name));
    }
    const runtime = await compileStandIn('cuda-runtime.c', folder);
    const tree = await CudaTree.make(join(folder, 'tree'));
    for (const name of CUDA_PROVIDER_FILES)
      await symlink(join(libraries, name), join(tree.engineFolder, name));
    return new StandInCard(folder, libraries, runtime, tree);
  }

  /** A script of the tree on the card, and what was asked of the card. */
  async run(
    script: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Ended & { counters: Counters }> {
    const counts = this.countsFile();
    const ended = await run(process.execPath, [script, ...args.map((arg) => arg.replace('COUNTS', counts))], {
      env: { ...this.environment(counts), ...env },
      timeoutMs: 600_000,
    });
    return { ...ended, counters: readCounters(counts) };
  }

  countsFile(): string {
    return join(this.#folder, `counts-${++this.#runs}`);
  }

  environment(counts: string): Record<string, string> {
    return {
      LD_PRELOAD: this.#runtime,
      LD_LIBRARY_PATH: this.#libraries,
      CUDA_STAND_IN_COUNTS: counts,
      ORT_DISABLE_TELEMETRY: '1',
    };
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
