// The JSON of `npm run gpu:check` as a section of docs/benchmarks.md:
//
//   npx tsx test/gpu/report-section.ts [gpu-check.json]
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type DeviceReport, type GpuReport, reportSchema } from './report.js';

const COMMAND = '`npm run gpu:check`';
/** What a GPU's timings are said to be until one was seen. */
export const NOT_MEASURED = 'not measured';

/**
 * The section in Markdown, without a heading. Times are shown of a GPU alone: in software they tell nothing, and the
 * rows then say that they were not measured.
 *
 * @param report what the command wrote; undefined when it never ran
 */
export function reportSection(report: GpuReport | undefined): string {
  if (!report) {
    return [`${COMMAND} was not run yet.`, '', ...speedRows([])].join('\n');
  }
  const { machine, devices, software, summary, createdAt, quick } = report;
  const gpus = machine.gpus.map(({ name, driver }) => `${name} (driver ${driver})`).join(', ');
  const where = software
    ? 'No GPU was used, what follows ran in software'
    : `GPU: ${gpus || 'name not known'}`;
  const gpuDevices = devices.filter((device) => device.software === false);
  return [
    `${COMMAND}${quick ? ' with `--quick`' : ''} on ${createdAt.slice(0, 10)}: ${summary}.`,
    '',
    `${where}. Processor: ${machine.processor}, ${machine.cores} cores; onnxruntime-node ${machine.onnxruntime}, Node ${machine.node}.`,
    '',
    '| device | driver | check | outcome | what was found |',
    '| --- | --- | --- | --- | --- |',
    ...devices.flatMap(checkRows),
    '',
    ...speedRows(quick ? [] : gpuDevices),
  ].join('\n');
}

function checkRows({ device, driver, software, checks }: DeviceReport): string[] {
  const kind = software === true ? ' (software)' : software === null ? ' (not known whether software)' : '';
  return checks.map(({ name, status, reason }) => row(device, `${driver}${kind}`, name, status, reason));
}

/** One row per case, in images or steps per second, or a row that says that there are none. */
function speedRows(devices: readonly DeviceReport[]): string[] {
  const rows = devices.flatMap(({ device, checks }) =>
    checks
      .filter(({ name, status }) => / speed\b/.test(name) && status === 'passed')
      .flatMap(({ figures }) => {
        const names = Object.keys(figures).filter((name) => name.endsWith(`, ${device}`));
        return names.map((name) => {
          const each = name.slice(0, -`, ${device}`.length);
          const [own, cpu, peer] = [device, 'cpu', 'anomalib'].map((side) => figures[`${each}, ${side}`]);
          const ratio = typeof peer === 'number' ? (Number(own) / peer).toPrecision(3) : NOT_MEASURED;
          return row(
            device,
            each,
            `${own} ${figures.unit}`,
            cpu === undefined ? NOT_MEASURED : `${cpu}`,
            peer === undefined ? NOT_MEASURED : `${peer}`,
            ratio,
          );
        });
      }),
  );
  return [
    '| device | case | on the GPU | this project on the CPU | anomalib on the same GPU | ratio |',
    '| --- | --- | --- | --- | --- | --- |',
    ...(rows.length > 0
      ? rows
      : ['webgpu', 'cuda'].flatMap((device) =>
          ['scoring', 'training'].map((each) =>
            row(device, each, ...new Array<string>(4).fill(NOT_MEASURED)),
          ),
        )),
  ];
}

const row = (...cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;

/** Reads what the command wrote; undefined when there is no such file. @throws Error when it is something else */
export function readReport(path: string): GpuReport | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} was not written by this version of "npm run gpu:check"; run it again`, {
      cause,
    });
  }
}

const [, script, path = 'gpu-check.json'] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  process.stdout.write(`${reportSection(readReport(path))}\n`);
}
