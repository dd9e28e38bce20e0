import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../packages/training/src/testing/temporary-folder.js';
import { describeMachine } from './machine.js';
import { reportSchema } from './report.js';
import { vulkanChoices } from './vulkan-choices.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

function gpuCheck(...args: string[]): Promise<Run> {
  const script = fileURLToPath(new URL('gpu-check.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', script, ...args],
      { cwd: ROOT },
      (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}

describe('npm run gpu:check', () => {
  it('checks what there is in short, and tells software from a GPU', async ({ skip }) => {
    const choices = await vulkanChoices(folder);
    if (choices.length === 0)
      skip('there is no Vulkan driver here, and no SwiftShader (Debian package chromium)');
    const output = join(folder, 'gpu-check.json');
    const { code, stdout, stderr } = await gpuCheck(
      '--quick',
      '--minutes',
      '14',
      '--device',
      'webgpu',
      '--output',
      output,
      '--json',
    );
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report.complete).toBe(true);
    expect(stderr).toContain(`send back this file as it is: ${output}`);
    expect(reportSchema.parse(JSON.parse(readFileSync(output, 'utf8')))).toEqual(report);
    const failed = report.devices.flatMap(({ checks }) => checks.filter(({ status }) => status === 'failed'));
    expect(failed).toEqual([]);
    expect(code).toBe(0);
    expect(report.passed).toBe(true);
    const { gpus } = await describeMachine();
    if (gpus.length === 0) {
      expect(report.software).toBe(true);
      expect(stderr).toMatch(/no GPU was used: all of it ran in software/);
    }
    const checked = report.devices.find(({ checks }) => checks.length > 1);
    expect(checked?.checks.map(({ name, status }) => `${name}: ${status}`)).toEqual(
      [
        'adapter',
        'golden probe',
        'scores',
        'scoring speed',
        'training speed',
        'training trace',
        'golden',
        'nodes',
      ].map((name) => `${name}: passed`),
    );
  }, 900_000);

  it('shows how it is used, and refuses what it does not know with code 2', async () => {
    const help = await gpuCheck('--help');
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--output <file>') });
    for (const args of [['--fast'], ['--device', 'tpu'], ['--output', ''], ['--minutes', '0'], ['more']]) {
      const refused = await gpuCheck(...args);
      expect(refused).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('usage: npm run'),
      });
    }
  });
});
