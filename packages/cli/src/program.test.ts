import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { detectorConfigurationSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { expectError } from './testing/expect-error.js';
import { runCli } from './testing/run-cli.js';

const COMMANDS = [
  'train',
  'inspect',
  'evaluate',
  'benchmark',
  'predict',
  'watch',
  'calibrate',
  'export',
  'import',
  'backbone',
  'cuda',
  'doctor',
  'synth',
];

describe('cflow --help', () => {
  it('names every command, gives examples and the exit codes', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  });

  it.each(COMMANDS)('%s explains itself with examples', async (name) => {
    const { code, stdout } = await runCli([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: cflow ${name}`);
    expect(stdout).toContain(`  cflow ${name}`);
    expect(stdout).toContain('--verbose');
    expect(stdout).toContain('Exit codes:');
  });

  it('train has an option for every parameter of a detector', async () => {
    const { stdout } = await runCli(['train', '--help']);
    for (const parameter of Object.keys(detectorConfigurationSchema.shape)) {
      const option = parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(stdout).toMatch(new RegExp(`--(no-)?${option}[ ,]`));
    }
  });
});

describe('cflow', () => {
  it('prints its version', async () => {
    expect(await runCli(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('calls what it does not know a usage error', async () => {
    expectError(await runCli(['train', 'x', '--nonsense']), 2, '--nonsense');
    expectError(await runCli(['predict']), 2, 'bundle');
    expectError(await runCli(['train', 'x', '--preset', 'slow']), 2, 'fast, anomalib, paper');
    expectError(await runCli(['train', 'x', '--epochs', '1.5']), 2, 'whole number');
    expectError(
      await runCli(['evaluate', 'x', 'y', '--threshold', '1', '--false-alarm-rate', '0.1']),
      2,
      'threshold',
    );
    const unknown = await runCli(['nonsense']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/unknown command 'nonsense'/);
  });

  it('shows help on stderr when nothing is asked for', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: cflow');
  });

  it('shows the stack with --verbose only', async () => {
    const { code, stderr } = await runCli(['predict', 'no.cflow', 'no.png', '--verbose']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\s+at /m);
  });

  it('says what to do when it is not built', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-bin-'));
    try {
      const bin = fileURLToPath(new URL('../bin', import.meta.url));
      await cp(bin, join(folder, 'bin'), { recursive: true });
      const { execFile } = await import('node:child_process');
      const stderr = await new Promise<string>((resolve) => {
        execFile(process.execPath, [join(folder, 'bin', 'cflow.js')], (error, _, text) => {
          expect(error?.code).toBe(1);
          resolve(text);
        });
      });
      expect(stderr).toContain('npm run build');
      expect(stderr.trimEnd()).not.toContain('\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
