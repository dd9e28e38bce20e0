import { checkCuda } from './check-cuda.js';

const start = performance.now();
const checks = await checkCuda((line) => process.stdout.write(`${line}\n`));
const failed = checks.filter(({ passed }) => !passed).length;
const seconds = ((performance.now() - start) / 1000).toFixed(0);
process.stdout.write(`${checks.length - failed} of ${checks.length} checks passed in ${seconds} s\n`);
if (failed > 0) process.exitCode = 1;
