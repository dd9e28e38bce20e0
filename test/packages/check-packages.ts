// The long form of install.test.ts: the packages of a release on every Node that is promised, with the npm that comes with it
// and so may run install scripts, the starter on each of them, and what becomes of onnxruntime-node in the same place.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PUBLISHED_NAMES } from '../../packages/release/src/names.js';
import { packRelease } from '../../packages/release/src/pack-release.js';
import { findChromium } from '../support/chromium.js';
import { makeProject } from './empty-project.js';
import { entriesOf } from './entries.js';
import { type NodePrograms, nodePrograms } from './node-programs.js';
import { startRegistry } from './registry/package-registry.js';
import { lookAtStarter, makeStarter } from './starter.js';
import { tryPackages } from './try-packages.js';

/** Majors of Node, each with the npm that comes with it. */
const PAIRS: readonly [node: string, npm: string][] = [
  ['20', '10'],
  ['22', '10'],
  ['24', '11'],
];

/** What the starter's page says of a part. */
const SCORED = /^(OK|NG): \d+\.\d\d of \d+\.\d\d$/;

const folder = await mkdtemp(join(tmpdir(), 'cflow-check-'));
const packed = await packRelease(join(folder, 'packages'), {
  names: PUBLISHED_NAMES,
  platforms: [`${process.platform}-${process.arch}`],
});
const registry = await startRegistry(packed);
const entries = await entriesOf(packed);

/** @returns What is wrong */
async function check({ path, ...versions }: NodePrograms): Promise<string[]> {
  const project = await makeProject({ registry, path: [path] });
  try {
    const [node, npm] = [await project.run('node', '--version'), await project.run('npm', '--version')];
    const began = performance.now();
    await project.run('npm', 'install', 'cflow', '@cflow/sdk', '@cflow/viewer');
    const seconds = (performance.now() - began) / 1000;
    const { scores, imported, required } = await tryPackages(project, entries);
    const wrong = [
      ...(node.stdout.startsWith(`v${versions.node}.`)
        ? []
        : [`expected Node ${versions.node}, got ${node.stdout}`]),
      ...registry.elsewhere.splice(0).map((address) => `asked ${address}`),
      ...(scores[0] === scores[1] ? [] : [`expected one score, got ${scores.join(' and ')}`]),
      ...(isDeepStrictEqual(Object.keys(imported), entries.modules) ? [] : ['not all entries were imported']),
      ...(isDeepStrictEqual(Object.keys(required), entries.commonJs)
        ? []
        : ['not all entries were required']),
    ];
    const words = `Node ${node.stdout.trim()}, npm ${npm.stdout.trim()}: installed in ${seconds.toFixed(0)} s`;
    console.log(
      `${words}; score ${scores[0]}; ${entries.modules.length} modules, ${entries.commonJs.length} CommonJS`,
    );
    return wrong;
  } finally {
    await project.remove();
  }
}

/** The starter, made by the packages and by nothing else. @returns What is wrong */
async function checkStarter({ path, ...versions }: NodePrograms): Promise<string[]> {
  if (findChromium() === undefined)
    return ['expected a Chromium to look at the starter with, which is not there'];
  const project = await makeProject({ registry, path: [path] });
  try {
    const line = await makeStarter(project);
    const { good, bad, label } = await lookAtStarter(line, join(path, 'node'));
    console.log(
      `Node ${versions.node}: the starter was made by "npm create cflow", installed, its detector trained, its page built; ` +
        `there a good part is "${good}", and one with a hole "${bad}"`,
    );
    return [
      ...registry.elsewhere.splice(0).map((address) => `the starter asked ${address}`),
      ...(SCORED.test(good) ? [] : [`expected a score of the starter's good part, got ${good}`]),
      ...(SCORED.test(bad) && bad.startsWith('NG') && label === 'bad'
        ? []
        : [`expected the starter's part with a hole to be NG, got ${bad}, and in its viewer ${label}`]),
    ];
  } finally {
    await project.remove();
  }
}

/** What would be wrong without packages of our own: a check that cannot fail shows nothing. */
async function checkUpstream({ path }: NodePrograms): Promise<string[]> {
  if (`${process.platform}/${process.arch}` !== 'linux/x64') return [];
  const project = await makeProject({ registry, path: [path] });
  try {
    const failed = await project.run('npm', 'install', 'onnxruntime-node').then(
      () => false,
      () => true,
    );
    const asked = registry.elsewhere.splice(0);
    console.log(
      `onnxruntime-node itself ${failed ? 'does not install' : 'installs'} here; it asked ${asked.join(', ')}`,
    );
    return failed && asked.length > 0 ? [] : ['expected onnxruntime-node to ask NuGet and fail here'];
  } finally {
    await project.remove();
  }
}

try {
  const wrong: string[] = [];
  for (const [i, [node, npm]] of PAIRS.entries()) {
    const programs = await nodePrograms(folder, node, npm);
    wrong.push(...(await check(programs)).map((line) => `Node ${node}: ${line}`));
    wrong.push(...(await checkStarter(programs)).map((line) => `Node ${node}: ${line}`));
    if (i === 0) wrong.push(...(await checkUpstream(programs)));
  }
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  registry.close();
  await rm(folder, { recursive: true });
}
