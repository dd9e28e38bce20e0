import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** A folder that is there, empty, when the tests of a file begin, and gone when they are done. */
export function temporaryFolder(): string {
  const folder = join(tmpdir(), `cflow-line-${process.pid}-${Date.now().toString(36)}`);
  beforeAll(() => mkdirSync(folder, { mode: 0o700 }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
