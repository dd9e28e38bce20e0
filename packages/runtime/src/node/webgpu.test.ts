import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findSoftwareVulkan } from '../../test/find-software-vulkan.js';
import type { DeviceReport } from '../device-candidate.js';
import { probeInChildProcess } from './probe-in-child-process.js';
import { webgpuCandidate } from './webgpu-candidate.js';

type Environment = Record<string, string | undefined>;

// The driver must be in the environment before a process starts, hence a process of its own for all that follows.
async function findWebGpu(): Promise<{ env: Environment; report: DeviceReport }> {
  const software = findSoftwareVulkan();
  const environments: Environment[] = [process.env, ...(software ? [{ ...process.env, ...software }] : [])];
  let last: { env: Environment; report: DeviceReport } | undefined;
  for (const env of environments) {
    last = { env, report: await probeInChildProcess(webgpuCandidate({}), { env }) };
    if (last.report.available) break;
  }
  return last as { env: Environment; report: DeviceReport };
}

const { env, report } = await findWebGpu();

if (report.available) {
  it('webgpu passes the conformance suite', async () => {
    const { passed, failures } = await runSuite(env);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(30);
  }, 300_000);
} else {
  it.skip(`webgpu passes the conformance suite (not here: ${report.reason}; no SwiftShader found either)`);
}

interface SuiteReport {
  numPassedTests: number;
  testResults: { message: string; assertionResults: AssertionResult[] }[];
}
interface AssertionResult {
  fullName: string;
  status: string;
  failureMessages: string[];
}

async function runSuite(environment: Environment): Promise<{ passed: number; failures: string[] }> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const config = fileURLToPath(new URL('../../test/vitest.webgpu.config.ts', import.meta.url));
  // What this test run tells its own workers is not meant for another one.
  const clean = Object.entries(environment).filter(([name]) => !/^(VITEST|VITE_|NODE_OPTIONS)/.test(name));
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--config', config, '--reporter', 'json'],
      { env: Object.fromEntries(clean) as NodeJS.ProcessEnv, maxBuffer: 2 ** 26 },
      (_, out, err) => resolve({ stdout: out, stderr: err }),
    );
  });
  const json = stdout.slice(stdout.indexOf('{"'));
  if (json === '')
    return { passed: 0, failures: [`the suite did not run: ${stdout}${stderr}`.slice(0, 2000)] };
  const { numPassedTests, testResults } = JSON.parse(json) as SuiteReport;
  const failures = testResults.flatMap(({ message, assertionResults }) => [
    ...(message ? [message] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(' ')}`),
  ]);
  return { passed: numPassedTests, failures };
}
