import * as z from 'zod';

/** The version of the file that `npm run gpu:check` writes. */
export const REPORT_VERSION = 1;

const figure = z.union([z.number(), z.string(), z.boolean(), z.array(z.string())]);

/** One check of one device. */
export const checkSchema = z.strictObject({
  name: z.string(),
  status: z.enum(['passed', 'failed', 'skipped']),
  /** In words: what was found, what went wrong, or why it was not tried. */
  reason: z.string().min(1),
  seconds: z.number().nonnegative(),
  /** Numbers and names for later: differences, tolerances, milliseconds. */
  figures: z.record(z.string(), figure),
});

/** A device that onnxruntime-node offers, by one driver. */
export const deviceSchema = z.strictObject({
  device: z.enum(['webgpu', 'cuda']),
  /** What drives it: the Vulkan driver's library, or CUDA's provider. */
  driver: z.string(),
  /** Whether the driver computes on the CPU; null where that could not be found out. */
  software: z.boolean().nullable(),
  checks: z.array(checkSchema).min(1),
});

export const machineSchema = z.strictObject({
  processor: z.string(),
  cores: z.number().int().positive(),
  memoryGiB: z.number().positive(),
  platform: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  gpus: z.array(
    z.strictObject({ name: z.string(), driver: z.string(), memoryMiB: z.number().positive().nullable() }),
  ),
  /** Where the GPUs were asked for, or why none was found, in words. */
  gpuSource: z.string(),
});

export const reportSchema = z.strictObject({
  formatVersion: z.literal(REPORT_VERSION),
  createdAt: z.iso.datetime(),
  quick: z.boolean(),
  /** False while it goes on, and where it was ended before it was done. */
  complete: z.boolean(),
  /** True when nothing ran on a GPU: what ran, ran on a Vulkan driver in software. */
  software: z.boolean(),
  /** True when every check that could be made passed, and at least one could. */
  passed: z.boolean(),
  /** The outcome in a sentence. */
  summary: z.string(),
  machine: machineSchema,
  devices: z.array(deviceSchema),
});

export type Check = z.infer<typeof checkSchema>;
export type DeviceReport = z.infer<typeof deviceSchema>;
export type Machine = z.infer<typeof machineSchema>;
export type GpuReport = z.infer<typeof reportSchema>;

/** Puts the outcome of all devices together. */
export function makeReport(
  machine: Machine,
  devices: readonly DeviceReport[],
  quick: boolean,
  complete = true,
  now: Date = new Date(),
): GpuReport {
  const checks = devices.flatMap((device) => device.checks);
  const count = (status: Check['status']): number => checks.filter((each) => each.status === status).length;
  const [good, bad, left] = [count('passed'), count('failed'), count('skipped')];
  // Only what passed something counts as having run: a driver that finds no card is not a GPU.
  const ran = devices.filter((device) => device.checks.some(({ status }) => status === 'passed'));
  const onGpu = ran.filter(({ software }) => software === false);
  const software = onGpu.length === 0;
  const passed = bad === 0 && good > 0;
  const where =
    ran.length === 0
      ? 'nothing ran: no device could be opened'
      : software
        ? ran.some((device) => device.software === null)
          ? 'ran on a driver of which it is not known whether it is software, so it is not called a GPU'
          : 'no GPU was used: all of it ran in software (a Vulkan driver on the CPU)'
        : `ran on ${machine.gpus.map(({ name }) => name).join(', ') || 'a GPU whose name is not known'}`;
  return {
    formatVersion: REPORT_VERSION,
    createdAt: now.toISOString(),
    quick,
    complete,
    software,
    passed,
    summary: `${where}; ${good} checks passed, ${bad} failed, ${left} skipped${complete ? '' : '; not all of them were made'}`,
    machine,
    devices: [...devices],
  };
}
