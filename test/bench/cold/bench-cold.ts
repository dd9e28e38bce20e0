import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { alternate, type Contender, median, quantile, timed } from '../alternate.js';
import { type BenchLine, benchLine } from '../bench-line.js';
import { type BundleCase, bundleCase } from '../bundle-case.js';
import type { Surroundings } from '../compare.js';
import { CFLOW } from '../serve/serve-bundle.js';

const CASES = [
  { name: 'mobilenet_v2', backbone: 'mobilenet_v2', precision: 'float32', bound: 600 },
  { name: 'resnet18', backbone: 'resnet18', precision: 'float32', bound: 1000 },
  { name: 'resnet18-float16', backbone: 'resnet18', precision: 'float16', bound: 1000 },
] as const;

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const firstScoreSchema = z.object({ ms: z.number().positive(), processorMs: z.number().positive() });
const partsSchema = z.record(z.string(), z.number().nonnegative());

/** From the start of a process to its first score: as a whole against a bound, and its parts against the whole. */
export async function* benchCold(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const { folder, only, quick } = surroundings;
  const cases = quick ? CASES.slice(0, 1) : CASES;
  for (const { name, bound, ...options } of cases.filter((each) => `cold/${each.name}`.includes(only))) {
    yield* await benchCase(`cold/${name}`, bound, await bundleCase(folder, options, 1), surroundings);
  }
}

async function benchCase(
  name: string,
  bound: number,
  { bundle, images: [image] }: BundleCase,
  { threads, quick, log }: Surroundings,
): Promise<BenchLine[]> {
  const run = (...parameters: string[]) => promisify(execFile)(process.execPath, parameters);
  const given = [bundle, image as string, String(threads)];
  const parts: Record<string, number>[] = [];
  const processor: number[] = [];
  const contenders: Contender[] = [
    {
      name: 'a program',
      run: async () => {
        const { stdout } = await run(script('first-score.mjs'), ...given);
        const { ms, processorMs } = firstScoreSchema.parse(JSON.parse(stdout));
        processor.push(processorMs);
        return ms;
      },
    },
    {
      name: 'cflow predict',
      run: () => timed(() => run(CFLOW, 'predict', '--device', 'cpu', bundle, image as string)),
    },
    {
      name: 'the parts',
      run: async () => {
        const { stdout } = await run(script('parts.mjs'), ...given);
        parts.push(partsSchema.parse(JSON.parse(stdout)));
        return 0;
      },
    },
  ];
  const rounds = quick ? 1 : 9;
  const samples = await alternate(contenders, { seconds: 0, minRounds: rounds, maxRounds: rounds });
  const [whole, command] = samples as [number[], number[], number[]];
  log(`${name}: ${whole.map((time) => Math.round(time)).join(', ')} ms from process start to first score`);
  const total = median(whole);
  const ratios = whole.map((time) => bound / time);
  const spread = [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const;
  const names = Object.keys(parts[0] ?? {});
  return [
    benchLine(name, 'ms', total, `bound of ${bound} ms`, bound, spread),
    // What all threads together have worked: on a busy machine it still tells something.
    benchLine(`${name}/processor-time`, 'ms', median(processor.slice(1)), `bound of ${bound} ms`, bound),
    benchLine(`${name}/cflow-predict`, 'ms', median(command), `bound of ${bound} ms`, bound),
    ...names.map((part) => {
      const times = parts.slice(1).map((each) => each[part]!);
      return benchLine(`${name}/part/${part}`, 'ms', median(times), 'the whole start', total);
    }),
  ];
}
