// Argument: where the work is served. Prints what was scored as one line.
import { onNode } from './in-node.js';
import { fetchWork } from './score-files.js';

const [, , origin] = process.argv;
const scored = await onNode(await fetchWork(origin as string), 'webgpu');
process.stdout.write(`${JSON.stringify(scored)}\n`);
