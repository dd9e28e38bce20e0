// `npm run check:cuda`: whether what the GPU image holds goes together, on a machine without a card.
import { link, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fetchArchive } from '@cflow/model/node';
import { COMPUTE_CAPABILITIES, CUDA_LIBRARIES, CUDA_PROVIDER_FILES, CUDNN_PARTS } from '@cflow/runtime/node';
import { CUDA_PACKAGES, type CudaPackage } from '../../packages/cli/src/commands/cuda/cuda-packages.js';
import { unpackEntries } from '../../packages/cli/src/commands/cuda/unpack-entries.js';
import { cudaLibraries } from './cuda-libraries.js';
import { CudaTree } from './cuda-tree.js';
import { deviceCode, runsOn } from './fat-binary.js';
import { unmetNeeds, unresolvedSymbols } from './needs.js';
import { run } from './run.js';
import { compileStandIn } from './stand-in/compile.js';

export interface CudaCheck {
  name: string;
  passed: boolean;
  found: string;
  seconds: number;
}

const PROVIDER = CUDA_PROVIDER_FILES[0];
/** Libraries that have code for the card; the others have none, or compile it there. */
const WITH_CODE = [PROVIDER, 'libcublas.so.13', 'libcublasLt.so.13', 'libcudnn_engines_precompiled.so.9'];

/** @param log One line as each check ends */
export async function checkCuda(log: (line: string) => void): Promise<CudaCheck[]> {
  const checks: CudaCheck[] = [];
  const check = async (name: string, work: () => Promise<string>): Promise<void> => {
    const start = performance.now();
    const [passed, found] = await work().then(
      (words) => [true, words] as const,
      (error: Error) => [false, error.message] as const,
    );
    const seconds = (performance.now() - start) / 1000;
    checks.push({ name, passed, found, seconds });
    log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s  ${found}`);
  };
  let libraries = '';
  await check('laid out', async () => {
    const installed = await cudaLibraries(log);
    libraries = installed.folder;
    const files = installed.packages.flatMap((each) => each.files);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    return `${files.length} libraries, ${(bytes / 1e6).toFixed(0)} MB, in ${libraries}`;
  });
  if (libraries === '') return checks;
  // Beside them, since files are linked to.
  const folder = await mkdtemp(join(dirname(libraries), 'check-cuda-'));
  try {
    await check('needs are met', () => checkNeeds(libraries));
    const tree = await CudaTree.make(join(folder, 'tree'));
    await check('same commit', () => checkCommit(folder, tree));
    await check('code for cards', async () => checkCode(libraries));
    for (const name of CUDA_PROVIDER_FILES)
      await symlink(join(libraries, name), join(tree.engineFolder, name));
    await check('session without card', () => checkSession(tree, join(folder, 'driver')));
    await check('doctor names it', () => checkDoctor(libraries, tree, join(folder, 'some')));
    return checks;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkNeeds(libraries: string): Promise<string> {
  const unmet = await unmetNeeds(libraries);
  const unresolved = await unresolvedSymbols(libraries, PROVIDER);
  if (unmet.length + unresolved.length > 0)
    throw new Error([...unmet, ...unresolved.map((symbol) => `${PROVIDER} needs ${symbol}`)].join('; '));
  return 'every library and every version of a symbol is there, or in Debian 12';
}

/** The provider and the library that loads it talk through tables that no version guards. The wheel holds both. */
async function checkCommit(folder: string, tree: CudaTree): Promise<string> {
  const wheel = CUDA_PACKAGES.find((each) => each.package === 'onnxruntime-gpu') as CudaPackage;
  const { path } = await fetchArchive(wheel);
  const entry = `onnxruntime/capi/libonnxruntime.so.${wheel.version}`;
  await unpackEntries(path, [entry], folder);
  const theirs = await commitOf(join(folder, basename(entry)));
  const ours = await commitOf(join(tree.engineFolder, 'libonnxruntime.so.1'));
  if (ours === undefined || ours !== theirs)
    throw new Error(`onnxruntime-node is of commit ${ours}, the provider's wheel of ${theirs}`);
  return `onnxruntime-node and the provider's wheel are both of ${ours}`;
}

async function commitOf(library: string): Promise<string | undefined> {
  const bytes = await readFile(library);
  const at = bytes.indexOf('git-commit-id=');
  const text = at === -1 ? '' : bytes.toString('latin1', at, at + 60);
  return /^git-commit-id=([\da-f]{7,40})/.exec(text)?.[1];
}

function checkCode(libraries: string): string {
  const promised = Object.keys(COMPUTE_CAPABILITIES);
  const provider = deviceCode(join(libraries, PROVIDER));
  if (`${provider.capabilities}` !== `${promised}` || provider.ptx.length > 0)
    throw new Error(
      `the provider has code for ${provider.capabilities.join(', ')} and PTX for ${provider.ptx.join(', ') || 'none'}; ` +
        `the documents promise ${promised.join(', ')}`,
    );
  for (const name of WITH_CODE) {
    const code = deviceCode(join(libraries, name));
    const without = promised.filter((card) => !runsOn(code, card));
    if (without.length > 0) throw new Error(`${name} has no code for ${without.join(', ')}`);
  }
  return `${promised.join(', ')}: in the provider, cuBLAS and cuDNN`;
}

/** With a driver that has no card, all but the card has to be found: then, and only then, it is the card that is missed. */
async function checkSession(tree: CudaTree, folder: string): Promise<string> {
  await compileStandIn('no-device.c', folder);
  const script = await tree.addScript('cuda/open-session.ts');
  for (const thread of ['here', 'worker']) {
    const { stdout, stderr } = await run(process.execPath, [script, thread], {
      env: { LD_LIBRARY_PATH: folder },
    });
    const answer = JSON.parse(stdout.trim() || '{}') as { reason?: string };
    if (!/the NVIDIA driver finds no card.*\(CUDA error 100\)$/.test(answer.reason ?? ''))
      throw new Error(`expected CUDA error 100, got ${stdout}${stderr.slice(-500)}`);
  }
  return 'all loads, and the error is that there is no card (100)';
}

async function checkDoctor(libraries: string, tree: CudaTree, folder: string): Promise<string> {
  const all = [...CUDA_PROVIDER_FILES, ...CUDA_LIBRARIES, ...CUDNN_PARTS];
  for (const gone of all) {
    // The folder that the provider's link leads to is where its libraries are looked for.
    const some = join(folder, gone);
    await mkdir(some, { recursive: true });
    for (const name of all) if (name !== gone) await link(join(libraries, name), join(some, name));
    for (const name of CUDA_PROVIDER_FILES) {
      await rm(join(tree.engineFolder, name), { force: true });
      if (name !== gone) await symlink(join(some, name), join(tree.engineFolder, name));
    }
    const { stdout, stderr } = await run(process.execPath, [tree.cli, 'doctor', '--json'], {
      env: { CFLOW_CACHE: folder },
    });
    const { devices = [] } = JSON.parse(stdout || '{}') as {
      devices?: { device: string; reason?: string }[];
    };
    const reason = devices.find(({ device }) => device === 'cuda')?.reason ?? '';
    if (!reason.includes(gone) || !reason.includes('cflow cuda install'))
      throw new Error(`without ${gone} it says: ${reason || stderr.slice(-300)}`);
  }
  return `each of ${all.length} libraries by its name when it is gone`;
}
