// What a reader of docs/clients.md writes with @hey-api/openapi-ts: `client` is generated as it comes, `files` with the
// setting that makes images of predictions files instead of JSON.
import { openAsBlob } from 'node:fs';
import { client as jsonClient } from './client/client.gen.js';
import { createJob, getFile, getJob, predict, publishVersion, uploadDataSet } from './client/sdk.gen.js';
import { client as filesClient } from './files/client.gen.js';
import { predict as predictFile } from './files/sdk.gen.js';

const [baseUrl = '', imagePath = '', archivePath = ''] = process.argv.slice(2);
jsonClient.setConfig({ baseUrl, throwOnError: true });
filesClient.setConfig({ baseUrl, throwOnError: true });
const image = await openAsBlob(imagePath, { type: 'image/png' });
const archive = await openAsBlob(archivePath, { type: 'application/zip' });
const throwOnError = true;

const { data: upload } = await uploadDataSet({ body: archive, throwOnError });
const { data: job } = await createJob({
  body: {
    name: 'lid',
    dataSet: { path: upload.path },
    validationFraction: 0.25,
    configuration: { inputSize: [64, 64], couplingBlocks: 2, conditionVector: 16 },
  },
  throwOnError,
});
let { status } = job;
while (status === 'queued' || status === 'running') {
  await new Promise((resolve) => setTimeout(resolve, 100));
  ({
    data: { status },
  } = await getJob({ path: { id: job.id }, throwOnError }));
}

const path = { detector: 'lid' };
const base64 = Buffer.from(await image.arrayBuffer()).toString('base64');
const { data: json } = await predict({
  path,
  body: { images: [{ base64 }], map: 'f32' },
  throwOnError,
});
const { data: raw } = await predictFile({ path, query: { map: 'f32' }, body: image, throwOnError });

// A version downloaded file by file, and uploaded as another detector's.
const inVersion = { name: 'lid', version: 'latest' };
const { data: manifest } = await getFile({
  path: { ...inVersion, file: 'manifest.json' },
  parseAs: 'blob',
  throwOnError,
});
const { files } = JSON.parse(await manifest.text()) as { files: Record<string, unknown> };
const downloaded = await Promise.all(
  Object.keys(files).map(async (file) => {
    const { data } = await getFile({ path: { ...inVersion, file }, parseAs: 'blob', throwOnError });
    return new File([data], file);
  }),
);
const { data: published } = await publishVersion({
  path: { name: 'lid-copy' },
  body: { file: [new File([manifest], 'manifest.json'), ...downloaded] },
  throwOnError,
});

const results = [...raw.predictions, ...json.predictions];
const maps = results.map(({ map }) => {
  const bytes = Buffer.from(map?.data ?? '', 'base64');
  return Math.max(...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
});
console.log(
  JSON.stringify({
    status,
    bytes: upload.bytes,
    scores: results.map(({ score }) => score),
    maps,
    manifest: manifest.size,
    version: published.version,
  }),
);
