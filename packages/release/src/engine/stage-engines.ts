// ONNX Runtime for Node, one package per platform: the files of onnxruntime-node as they are, without its install script, what
// only that script needs, and the other platforms.
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINE_PLATFORMS } from '@cflow/runtime/node';
import { extract } from 'tar';
import { engineName, type ReleaseSettings } from '../published-manifest.js';
import type { StagedPackage } from '../stage-workspaces.js';
import { type Manifest, readManifest } from '../workspaces.js';
import { fetchUpstream, type Upstream } from './fetch-upstream.js';

const BINARIES = 'bin/napi-v6';
/** The same bytes a second time: the archive has no links, and the binding asks for the other name. */
const REPEATED = /^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;
const LICENSE = fileURLToPath(new URL('LICENSE', import.meta.url));

/**
 * Lays out the packages of the engine.
 *
 * @param platforms Some of `ENGINE_PLATFORMS`, all of them by default
 */
export async function stageEngines(
  into: string,
  settings: ReleaseSettings,
  platforms: readonly string[] = ENGINE_PLATFORMS,
): Promise<StagedPackage[]> {
  const fetched = join(into, '.upstream');
  await mkdir(fetched, { recursive: true });
  const upstream = await fetchUpstream(fetched);
  const staged: StagedPackage[] = [];
  for (const platform of platforms) staged.push(await stageEngine(platform, upstream, into, settings));
  await rm(fetched, { recursive: true });
  return staged;
}

async function stageEngine(
  platform: string,
  { version, archive, integrity }: Upstream,
  into: string,
  settings: ReleaseSettings,
): Promise<StagedPackage> {
  const [os, cpu] = platform.split('-') as [string, string];
  const binaries = `${BINARIES}/${os}/${cpu}/`;
  const folder = join(into, `onnxruntime-${platform}`);
  await mkdir(folder, { recursive: true });
  const wanted = (path: string): boolean => {
    const inner = path.replace(/^package\//, '');
    return inner === 'package.json' || inner.startsWith('dist/') || inner.startsWith(binaries);
  };
  await extract({ file: archive, cwd: folder, strip: 1, filter: wanted });
  for (const name of await readdir(join(folder, binaries))) {
    if (REPEATED.test(name)) await rm(join(folder, binaries, name));
  }
  const name = engineName(platform, settings.names);
  const manifest = engineManifest(name, [os, cpu], await readManifest(folder), settings);
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, 'README.md'), readme(name, version, integrity));
  await copyFile(LICENSE, join(folder, 'LICENSE'));
  return { name, version, folder };
}

function engineManifest(
  name: string,
  [os, cpu]: [string, string],
  upstream: Manifest,
  { repository }: ReleaseSettings,
): Manifest {
  const common = 'onnxruntime-common';
  return {
    name,
    version: upstream.version,
    description: `ONNX Runtime for Node on ${os} ${cpu}, without an install script`,
    keywords: ['onnx', 'onnxruntime'],
    license: 'MIT',
    author: 'Microsoft Corporation',
    ...(repository !== undefined && {
      homepage: `${repository}#readme`,
      bugs: { url: `${repository}/issues` },
      repository: { type: 'git', url: `git+${repository}.git` },
    }),
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && { libc: ['glibc'] }),
    main: 'dist/index.js',
    types: 'dist/index.d.ts',
    files: ['bin', 'dist'],
    dependencies: { [common]: upstream.dependencies?.[common] as string },
    publishConfig: { access: 'public', provenance: true },
  };
}

const readme = (name: string, version: string, integrity: string): string => `# ${name}

The files of [onnxruntime-node](https://www.npmjs.com/package/onnxruntime-node) ${version} for one platform, as they are,
without its install script, which fetches CUDA's libraries from another registry. CFLOW takes the package of the platform by
itself: there is no need to install it by name. Not made by Microsoft; ONNX Runtime is, under the MIT License in \`LICENSE\`,
and [names what it contains](https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt).

Made from the archive with the hash \`${integrity}\`.
`;
