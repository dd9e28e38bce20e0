// Other versions of Node and npm, from npm's packages of them.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { npmPack } from '../../packages/release/src/npm.js';

export interface NodePrograms {
  /** As they were asked for: `20`, `10`. */
  node: string;
  npm: string;
  /** A folder with `node`, `npm` and `npx`. */
  path: string;
}

/** Lays out a Node and an npm of given major versions, the newest of each. */
export async function nodePrograms(folder: string, node: string, npm: string): Promise<NodePrograms> {
  const path = join(folder, `node-${node}-npm-${npm}`);
  const place = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  await mkdir(path, { recursive: true });
  await unpack(`${place}@${node}`, join(path, 'of-node'));
  await unpack(`npm@${npm}`, join(path, 'of-npm'));
  await symlink(join(path, 'of-node/bin/node'), join(path, 'node'));
  for (const name of ['npm', 'npx']) {
    const script = `#!/bin/sh\nexec "${path}/node" "${path}/of-npm/bin/${name}-cli.js" "$@"\n`;
    await writeFile(join(path, name), script);
    await chmod(join(path, name), 0o755);
  }
  return { node, npm, path };
}

async function unpack(spec: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const [file] = await npmPack([spec, '--prefer-offline'], into);
  await extract({ file: join(into, file as string), cwd: into, strip: 1 });
}
