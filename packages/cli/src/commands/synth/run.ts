import { join } from 'node:path';
import { planDataSet } from '@cflow/synth';
import { interruptible } from '../../interruptible.js';
import { count } from '../../terminal/format.js';
import { printLine } from '../../terminal/output.js';
import { ScanBar } from '../../terminal/scan-bar.js';
import type { SynthFlags } from './flags.js';
import { refuseOtherFiles, writeSamples } from './write-samples.js';

/** From the command line to data sets on disk. */
export async function runSynth(folder: string, flags: SynthFlags): Promise<void> {
  const { materials, train, testGood, perDefect, size, seed } = flags;
  const samples = planDataSet({
    materials,
    trainCount: train,
    testGoodCount: testGood,
    perDefectCount: perDefect,
    size,
    seed,
  });
  await refuseOtherFiles(folder, samples);
  const bar = new ScanBar('rendering', samples.length, (process.stderr.isTTY ?? false) && !flags.quiet);
  await interruptible((signal) => writeSamples(folder, samples, signal, (done) => bar.update(done))).finally(
    () => bar.stop(),
  );
  const sets = [...new Set(materials)].map((material) => {
    const own = samples.filter((sample) => sample.material === material);
    const bad = own.filter(({ defect }) => defect !== undefined).length;
    const training = own.filter(({ split }) => split === 'train').length;
    return {
      path: join(folder, material),
      train: training,
      testGood: own.length - training - bad,
      testBad: bad,
    };
  });
  if (flags.json) printLine(JSON.stringify({ seed, size, dataSets: sets }));
  else if (flags.quiet) for (const { path } of sets) printLine(path);
  else {
    for (const { path, train: trainCount, testGood: good, testBad } of sets) {
      printLine(
        `${path}: ${count(trainCount, 'image')} to train on, ${good} good and ${testBad} bad to test`,
      );
    }
    printLine();
    printLine(`Next: cflow train ${sets[0]?.path}`);
  }
}
