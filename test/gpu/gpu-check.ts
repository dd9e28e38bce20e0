// `npm run gpu:check`: everything that has to hold on a GPU, in one command that writes one file.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkDevices } from './check-devices.js';
import type { CheckedDevice } from './checks/checked-device.js';
import { describeMachine } from './machine.js';
import { type DeviceReport, type GpuReport, makeReport } from './report.js';
import { reportSection } from './report-section.js';

const USAGE = `usage: npm run gpu:check -- [options]

Checks every device that onnxruntime-node offers here, webgpu and cuda: that every node of every graph runs on it, the
golden comparisons, the golden probe, the training trace, the CPU's scores, and how fast it is beside PyTorch where that
is found. Where no GPU is at hand it runs on SwiftShader, and says so. Writes one JSON file, anew after each check: what takes
seconds and tells most comes first, so that a run that is cut short has told something. It needs no network.

  --output <file>   where to write it (default: gpu-check.json)
  --device <name>   webgpu or cuda alone (default: both)
  --minutes <n>     minutes that it may take; what does not fit is skipped, and said (default: 10)
  --quick           a short version, to see that it works
  --json            print the JSON on stdout instead of a summary
  --help            show this

Exit code 0: everything that could be checked passed. 1: something failed, or nothing could be checked. 2: wrong options.`;

const DEVICES: readonly CheckedDevice[] = ['cuda', 'webgpu'];

class UsageError extends Error {}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        output: { type: 'string', default: 'gpu-check.json' },
        device: { type: 'string' },
        minutes: { type: 'string', default: '10' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { output, device, quick, json, help, ...options } = readOptions();
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const devices = DEVICES.filter((each) => device === undefined || each === device);
  if (devices.length === 0) throw new UsageError(`--device is "${device}", expected webgpu or cuda`);
  const minutes = Number(options.minutes);
  if (!(minutes > 0 && minutes <= 600)) {
    throw new UsageError(`--minutes is "${options.minutes}", expected a number above 0, at most 600`);
  }
  if (output === '') throw new UsageError('--output needs the name of a file');
  const log = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const machine = await describeMachine();
  log(
    `GPUs: ${machine.gpus.map(({ name, driver }) => `${name}, driver ${driver}`).join('; ') || machine.gpuSource}`,
  );
  const file = resolve(process.env.INIT_CWD ?? '.', output);
  const save = async (found: readonly DeviceReport[], complete: boolean): Promise<GpuReport> => {
    const made = makeReport(machine, found, quick, complete);
    await writeFile(file, `${JSON.stringify(made, null, 2)}\n`);
    return made;
  };
  const onCheck = async (found: readonly DeviceReport[]): Promise<void> => {
    await save(found, false);
  };
  const report = await save(await checkDevices({ quick, devices, minutes, log, onCheck }), true);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${reportSection(report)}\n`);
  log(`${report.passed ? 'passed' : 'NOT PASSED'}: ${report.summary}\nsend back this file as it is: ${file}`);
  if (!report.passed) process.exitCode = 1;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof UsageError ? `${message}\n\n${USAGE}\n` : `${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
