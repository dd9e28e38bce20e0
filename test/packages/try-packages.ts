// What a user does in the first minutes with packages that are installed: the command, and a program of one's own.
import type { EmptyProject } from './empty-project.js';
import type { Entries } from './entries.js';

const SCORE = `
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { loadPage } from '@cflow/predict/node';
import { nodeDevices } from '@cflow/runtime/node';

const detector = await loadDetector(folderBundle('metal.cflow'), { devices: await nodeDevices(), device: 'cpu' });
const { label, score } = await detector.predict(await decodeImage(process.argv[2]));
const page = [...(await loadPage()).keys()];
console.log(JSON.stringify({ label, score, page }));
await detector.dispose();
`;

export interface Tried {
  help: string;
  /** Of the same image, by the command and by a program. */
  scores: [number, number];
  /** Addresses of what the page of the service is made of. */
  page: string[];
  /** Entries that were imported, and required, and what they export. */
  imported: Record<string, string[]>;
  required: Record<string, string[]>;
}

export async function tryPackages(project: EmptyProject, entries: Entries): Promise<Tried> {
  const help = (await project.run('npx', 'cflow', '--help')).stdout;
  const cflow = (...args: string[]) => project.run('node', 'node_modules/cflow/bin/cflow.js', ...args);
  const small = ['--train', '8', '--test-good', '1', '--per-defect', '1', '--size', '64'];
  await cflow('synth', 'parts', '--materials', 'brushed-metal', ...small);
  const quick = ['--backbone', 'embedded', '--input-size', '64', '--device', 'cpu'];
  await cflow('train', 'parts/brushed-metal', '--name', 'metal', ...quick);
  const image = 'parts/brushed-metal/test/hole/000.png';
  const printed = await cflow('predict', 'metal.cflow', image, '--json', '--device', 'cpu');
  await project.write('score.mjs', SCORE);
  const scored = await project.run('node', 'score.mjs', image);
  const scoredHere = JSON.parse(scored.stdout) as { score: number; page: string[] };
  return {
    help,
    scores: [JSON.parse(printed.stdout).score, scoredHere.score],
    page: scoredHere.page,
    imported: await load(project, 'all.mjs', entries.modules, (entry) => `await import('${entry}')`),
    required: await load(project, 'all.cjs', entries.commonJs, (entry) => `require('${entry}')`),
  };
}

/** Loads entries in one program. @returns The names that each exports */
async function load(
  project: EmptyProject,
  file: string,
  entries: readonly string[],
  expression: (entry: string) => string,
): Promise<Record<string, string[]>> {
  const lines = entries.map((entry) => `found['${entry}'] = Object.keys(${expression(entry)});`);
  await project.write(
    file,
    ['const found = {};', ...lines, 'console.log(JSON.stringify(found));'].join('\n'),
  );
  return JSON.parse((await project.run('node', file)).stdout) as Record<string, string[]>;
}
