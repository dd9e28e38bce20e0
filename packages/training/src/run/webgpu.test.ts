import { join } from 'node:path';
import { nodeDevices, probeInChildProcess } from '@cflow/runtime/node';
import { type BundleManifest, type DataSet, FUSIONS, type Fusion } from '@cflow/spec';
import { beforeAll, expect, it } from 'vitest';
import { startScript } from '../../../../test/support/start-script.js';
import { findSoftwareVulkan } from '../../../runtime/test/find-software-vulkan.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';

const root = temporaryFolder();
let dataSet: DataSet;
const manifests = new Map<Fusion, BundleManifest>();
/** The environment in which a process finds a Vulkan driver; or why there is none. */
let environment: Record<string, string | undefined> | string;

beforeAll(async () => {
  environment = await findEnvironment();
  if (typeof environment === 'string') return;
  dataSet = await renderDataSet(join(root, 'data'), { train: 16, perDefect: 1 });
  for (const fusion of FUSIONS) {
    const run = tinyRun(dataSet, join(root, fusion), { configuration: { fusion }, overrides: { epochs: 4 } });
    manifests.set(fusion, await trainDetector(run));
  }
});

async function findEnvironment(): Promise<typeof environment> {
  const webgpu = (await nodeDevices()).find(({ device }) => device === 'webgpu');
  if (!webgpu) return 'this host knows no webgpu';
  const software = findSoftwareVulkan();
  let reason = '';
  for (const env of [process.env, ...(software ? [{ ...process.env, ...software }] : [])]) {
    const report = await probeInChildProcess(webgpu, { env });
    if (report.available) return env;
    reason = report.reason ?? 'unknown';
  }
  return `${reason}; no SwiftShader found either`;
}

interface Scores {
  device: string;
  scores: number[];
  labels: string[];
  maps: number[][];
}

async function scoresOn(bundle: Fusion, device: string): Promise<Scores> {
  const paths = dataSet.items.filter(({ split }) => split === 'test').map(({ path }) => path);
  const { stdout, stderr } = await startScript(
    new URL('../testing/score.ts', import.meta.url),
    [join(root, bundle), device, ...paths],
    { env: environment as Record<string, string> },
  ).ended;
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`no scores on ${device}: ${stdout}${stderr}`);
  return JSON.parse(line) as Scores;
}

it.for(FUSIONS)(
  'a bundle trained on the CPU gives the same scores on webgpu: %s',
  { timeout: 300_000 },
  async (fusion, { skip }) => {
    if (typeof environment === 'string') skip(`no webgpu here: ${environment}`);
    const [cpu, webgpu] = await Promise.all([scoresOn(fusion, 'cpu'), scoresOn(fusion, 'webgpu')]);
    expect([cpu.device, webgpu.device]).toEqual(['cpu', 'webgpu']);
    expect(webgpu.labels).toEqual(cpu.labels);
    const allowed = 1e-3 * (manifests.get(fusion) as BundleManifest).calibration.scoreSpread;
    cpu.scores.forEach((score, i) => {
      expect(Math.abs(score - webgpu.scores[i]!)).toBeLessThan(allowed);
    });
    cpu.maps.forEach((map, i) => {
      const worst = Math.max(...map.map((value, k) => Math.abs(value - webgpu.maps[i]![k]!)));
      expect(worst).toBeLessThan(1e-3);
    });
    // The comparison says something only if the images differ by more than what is allowed.
    expect(Math.max(...cpu.scores) - Math.min(...cpu.scores)).toBeGreaterThan(100 * allowed);
  },
);
