// Scores every image of a folder with a detector of a CFLOW service: a line of JSON for each, in the order of their
// names. node score-folder.mjs http://127.0.0.1:8080 wood photos
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CflowClient, CflowError } from '@cflow/sdk';

const [baseUrl, reference, folder] = process.argv.slice(2);
if (!baseUrl || !reference || !folder) {
  console.error('usage: node score-folder.mjs ADDRESS DETECTOR FOLDER');
  process.exit(2);
}

const client = new CflowClient({ baseUrl, apiKey: process.env.CFLOW_API_KEY });
const names = (await readdir(folder)).filter((name) => /\.(png|jpe?g|webp|bmp|tiff?)$/i.test(name)).sort();

const paths = names.map((name) => join(folder, name));

/** Each file is opened when its turn has come, so that a folder of any size fits. */
function* images() {
  for (const path of paths) yield createReadStream(path);
}

try {
  let at = 0;
  let bad = 0;
  for await (const { label, score, falseAlarmProbability } of client
    .detector(reference)
    .predictAll(images())) {
    console.log(JSON.stringify({ image: names[at++], label, score, falseAlarmProbability }));
    if (label === 'bad') bad++;
  }
  console.error(`${names.length} images, ${bad} of them bad`);
  process.exitCode = bad > 0 ? 1 : 0;
} catch (error) {
  if (!CflowError.isInstance(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 2;
}
