// One check of one device, in a process of its own: a driver that crashes or hangs takes nothing else along, and the
// variables that choose a driver count from the start. Argument: the job as JSON. Prints the check as the last line.
import { checkAdapter } from './checks/check-adapter.js';
import { checkGolden, checkTrace } from './checks/check-golden.js';
import { checkGoldenProbe, checkScores } from './checks/check-scores.js';
import { checkScoringSpeed } from './checks/check-scoring-speed.js';
import { checkTrainingSpeed } from './checks/check-training-speed.js';
import type { CheckJob } from './checks/checked-device.js';
import { makeCheck, type Outcome } from './checks/outcome.js';

const CHECKS: Readonly<Record<string, (job: CheckJob) => Promise<Outcome>>> = {
  adapter: ({ device }) => checkAdapter(device),
  golden: checkGolden,
  'training trace': checkTrace,
  'golden probe': checkGoldenProbe,
  scores: checkScores,
  'scoring speed': checkScoringSpeed,
  'scoring speed, throughput': checkScoringSpeed,
  'training speed': checkTrainingSpeed,
};

const job = JSON.parse(process.argv[2] as string) as CheckJob;
const check = await makeCheck(job.check, async () => {
  const work = CHECKS[job.check];
  if (!work) throw new Error(`there is no check "${job.check}"; there are ${Object.keys(CHECKS).join(', ')}`);
  return work(job);
});
process.stdout.write(`\n${JSON.stringify(check)}\n`);
