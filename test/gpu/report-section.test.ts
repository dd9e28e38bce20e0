import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../packages/training/src/testing/temporary-folder.js';
import { Failed, makeCheck, NotHere } from './checks/outcome.js';
import { type Check, type DeviceReport, type GpuReport, type Machine, makeReport } from './report.js';
import { NOT_MEASURED, readReport, reportSection } from './report-section.js';

const folder = temporaryFolder();
const machine: Machine = {
  ...{ processor: 'Some CPU', cores: 4, memoryGiB: 16, platform: 'linux/x64 6.1', node: 'v20.9.0' },
  ...{ onnxruntime: '1.30.0', gpus: [], gpuSource: 'none found' },
};
const gpu = { name: 'Some GPU', driver: '550.1', memoryMiB: 1024 };
const check = (name: string, status: Check['status'], figures: Check['figures'] = {}): Check => ({
  ...{ name, status, reason: `what was | found by ${name}`, seconds: 1 },
  figures,
});
const device = (software: boolean | null, ...checks: Check[]): DeviceReport => ({
  ...{ device: 'webgpu', driver: 'libdriver.so', software },
  checks,
});
const speed = check('scoring speed', 'passed', {
  ...{ unit: 'images/s', 'score/a, webgpu': 6, 'score/a, cpu': 1, 'score/a, anomalib': 2 },
  ...{ 'score/b, webgpu': 3 },
});

describe('makeReport', () => {
  const of = (...devices: DeviceReport[]): GpuReport =>
    makeReport({ ...machine, gpus: [gpu] }, devices, false);

  it('passes when all that could be checked passed, and something could', () => {
    expect(of(device(false, check('adapter', 'passed'))).passed).toBe(true);
    expect(of(device(false, check('adapter', 'passed'), check('nodes', 'failed'))).passed).toBe(false);
    expect(of(device(false, check('adapter', 'skipped'))).passed).toBe(false);
    expect(of().passed).toBe(false);
  });

  it('says that it was ended before it was done', () => {
    const report = makeReport(machine, [device(false, check('adapter', 'passed'))], false, false);
    expect(report.complete).toBe(false);
    expect(report.summary).toMatch(/not all of them were made$/);
  });

  it('says software unless a check passed on what is known to be a card', () => {
    const [passed, skipped] = [check('adapter', 'passed'), check('adapter', 'skipped')];
    expect(of(device(false, passed))).toMatchObject({
      software: false,
      summary: expect.stringMatching(/^ran on Some GPU; 1 checks passed/),
    });
    // A card that is there, but was not what computed.
    expect(of(device(false, skipped), device(true, passed))).toMatchObject({
      software: true,
      summary: expect.stringMatching(/^no GPU was used/),
    });
    expect(of(device(null, passed))).toMatchObject({
      software: true,
      summary: expect.stringMatching(/not known whether it is software/),
    });
    expect(of(device(false, skipped)).summary).toMatch(/^nothing ran/);
  });
});

describe('makeCheck', () => {
  it('tells a failure from what cannot be tried', async () => {
    expect(await makeCheck('a', async () => ({ reason: 'well', figures: { x: 1 } }))).toMatchObject({
      ...{ name: 'a', status: 'passed', reason: 'well', figures: { x: 1 } },
    });
    const skipped = await makeCheck('a', async () => Promise.reject(new NotHere('no card')));
    expect(skipped).toMatchObject({ status: 'skipped', reason: 'no card' });
    const failed = await makeCheck('a', async () => Promise.reject(new Failed('wrong', { x: 2 })));
    expect(failed).toMatchObject({ status: 'failed', reason: 'wrong', figures: { x: 2 } });
    expect(await makeCheck('a', async () => Promise.reject(new Error('')))).toMatchObject({
      ...{ status: 'failed', reason: 'no reason was given' },
    });
  });
});

describe('reportSection', () => {
  it('says that nothing was measured where there was no GPU', () => {
    const section = reportSection(
      makeReport(machine, [device(true, check('adapter', 'passed'), speed)], false),
    );
    expect(section).toContain('No GPU was used, what follows ran in software.');
    expect(section).toContain(
      '| webgpu | libdriver.so (software) | adapter | passed | what was \\| found by adapter |',
    );
    expect(section).not.toContain('score/a');
    expect(section.split('\n').filter((line) => line.includes(NOT_MEASURED)).length).toBe(4);
    expect(
      reportSection(undefined)
        .split('\n')
        .filter((line) => line.includes(NOT_MEASURED)).length,
    ).toBe(4);
  });

  it('shows times of a GPU with its name, and the ratio where PyTorch was there', () => {
    const report = makeReport(
      { ...machine, gpus: [gpu] },
      [device(false, check('adapter', 'passed'), speed)],
      false,
    );
    const section = reportSection(report);
    expect(section).toContain('GPU: Some GPU (driver 550.1).');
    expect(section).toContain('| webgpu | score/a | 6 images/s | 1 | 2 | 3.00 |');
    expect(section).toContain(
      '| webgpu | score/b | 3 images/s | not measured | not measured | not measured |',
    );
    // Short runs tell nothing.
    expect(reportSection({ ...report, quick: true })).not.toContain('score/a');
  });

  it('reads what the command wrote, and nothing else', () => {
    const path = join(folder, 'gpu-check.json');
    expect(readReport(path)).toBeUndefined();
    const report = makeReport(machine, [device(true, check('adapter', 'passed'))], true);
    writeFileSync(path, JSON.stringify(report));
    expect(readReport(path)).toEqual(report);
    writeFileSync(path, '{}');
    expect(() => readReport(path)).toThrow(/was not written by this version of "npm run gpu:check"/);
  });
});
