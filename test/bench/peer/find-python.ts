import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The variable that names a Python with anomalib; `none` leaves anomalib out. */
export const PYTHON_VARIABLE = 'CFLOW_PEER_PYTHON';
/** Where `npm run bench:setup` puts one, under the root of the repository. */
const FOLDER = '.peer';

export type FoundPython = { python: string } | { missing: string };

/** A Python that has anomalib: the one that the variable names, that of `npm run bench:setup`, or the one on the PATH. */
export async function findPython(
  root: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FoundPython> {
  const named = environment[PYTHON_VARIABLE];
  if (named === 'none') return { missing: `${PYTHON_VARIABLE} is "none"` };
  if (named) {
    return (await hasAnomalib(named))
      ? { python: named }
      : { missing: `${PYTHON_VARIABLE} names "${named}", which is not a Python that has anomalib` };
  }
  const own = ['bin/python', 'Scripts/python.exe'].map((path) => join(root, FOLDER, path));
  for (const python of [...own, 'python3', 'python']) {
    if (own.includes(python) && !(await exists(python))) continue;
    if (await hasAnomalib(python)) return { python };
  }
  return {
    missing: `no Python with anomalib was found; "npm run bench:setup" makes one in ${FOLDER}, or let ${PYTHON_VARIABLE} name one`,
  };
}

/** Asks without importing it, which takes seconds. */
async function hasAnomalib(python: string): Promise<boolean> {
  const question = 'import importlib.util as u, sys; sys.exit(0 if u.find_spec("anomalib") else 1)';
  return promisify(execFile)(python, ['-c', question]).then(
    () => true,
    () => false,
  );
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
