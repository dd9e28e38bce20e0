import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import { type Cell, type CellPlaces, type CellResult, cellResultSchema } from './cell.js';

/**
 * Where a benchmark keeps what it has: one file per finished cell, and one folder for the cell that is being worked at.
 *
 *     <folder>/benchmark.json      all figures of the last run
 *     <folder>/cells/<key>.json    one result each, written in one step
 *     <folder>/work/<key>.cflow    a bundle while it is measured, and what its training needs to go on
 *     <folder>/bundles/<key>.cflow a bundle that is kept
 */
export class CellFiles implements CellPlaces {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws StorageError when the folder cannot be made */
  async open(): Promise<void> {
    try {
      await mkdir(join(this.folder, 'cells'), { recursive: true });
      await mkdir(join(this.folder, 'work'), { recursive: true });
    } catch (error) {
      throw storageErrorOf(error, this.folder);
    }
  }

  /** The result of a cell; undefined when there is none yet, or none that can be read. */
  async read({ key, variant }: Pick<Cell, 'key' | 'variant'>): Promise<CellResult | undefined> {
    const text = await readFile(this.#result(key), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const { data } = cellResultSchema.safeParse(parseJson(text));
    // It may have had another name when it was measured.
    return data?.key === key ? { ...data, variant: variant.name } : undefined;
  }

  async write(result: CellResult): Promise<void> {
    await writeFileAtomically(this.#result(result.key), `${JSON.stringify(result, null, 2)}\n`);
  }

  async writeSummary(summary: unknown): Promise<string> {
    const path = join(this.folder, SUMMARY);
    await writeFileAtomically(path, `${JSON.stringify(summary, null, 2)}\n`);
    return path;
  }

  /** Where the bundle of a cell is made. */
  bundle({ key }: Pick<Cell, 'key'>): string {
    return join(this.folder, 'work', bundleName(key));
  }

  /** Whether a training of this cell was begun but not finished. */
  async isBegun(cell: Pick<Cell, 'key'>): Promise<boolean> {
    return readFile(join(`${this.bundle(cell)}.training`, 'run.json')).then(
      () => true,
      () => false,
    );
  }

  /** Removes what a cell with a result needed on its way; if its bundle is to be kept, it is moved aside first. */
  async clear(cell: Pick<Cell, 'key'>, keepBundle: boolean): Promise<void> {
    const bundle = this.bundle(cell);
    if (keepBundle) await this.#keep(cell);
    await rm(`${bundle}.training`, { recursive: true, force: true });
    await rm(bundle, { recursive: true, force: true });
    const work = join(this.folder, 'work');
    if ((await readdir(work).catch(() => ['?'])).length === 0) await rm(work, { recursive: true });
  }

  async #keep({ key }: Pick<Cell, 'key'>): Promise<void> {
    const bundles = join(this.folder, 'bundles');
    try {
      await mkdir(bundles, { recursive: true });
      // A complete one from an earlier run is as good, and there may be none to move.
      await rename(this.bundle({ key }), join(bundles, bundleName(key)));
    } catch (error) {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(`${(error as NodeJS.ErrnoException).code}`))
        throw storageErrorOf(error, bundles);
    }
  }

  #result(key: string): string {
    return join(this.folder, 'cells', `${key.slice(0, 32)}.json`);
  }
}

const bundleName = (key: string): string => `${key.slice(0, 16)}.cflow`;

export const SUMMARY = 'benchmark.json';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
