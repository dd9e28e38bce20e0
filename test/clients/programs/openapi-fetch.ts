// What a reader of docs/clients.md writes with openapi-typescript and openapi-fetch: schema.d.ts is generated.
import { readFile } from 'node:fs/promises';
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const [baseUrl = '', imagePath = '', archivePath = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });
const image = new Blob([await readFile(imagePath)], { type: 'image/png' });
const archive = new Blob([await readFile(archivePath)], { type: 'application/zip' });

/** The answer, or the problem as an error. */
function found<T>({ data, error }: { data?: T; error?: { detail: string } }): T {
  if (data === undefined) throw new Error(error?.detail);
  return data;
}

function formOf(fields: object): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, each instanceof Blob ? each : String(each));
  }
  return form;
}

const upload = found(
  await client.POST('/v1/data-sets', {
    body: archive,
    bodySerializer: (body) => body,
    headers: { 'content-type': 'application/zip' },
  }),
);
const job = found(
  await client.POST('/v1/jobs', {
    body: {
      job: JSON.stringify({
        name: 'lid',
        validationFraction: 0.25,
        configuration: { inputSize: [64, 64], couplingBlocks: 2, conditionVector: 16 },
      }),
      dataSet: archive,
    },
    bodySerializer: formOf,
  }),
);
let { status } = job;
while (status === 'queued' || status === 'running') {
  await new Promise((resolve) => setTimeout(resolve, 100));
  ({ status } = found(await client.GET('/v1/jobs/{id}', { params: { path: { id: job.id } } })));
}

const path = { detector: 'lid' };
const raw = found(
  await client.POST('/v1/detectors/{detector}/predict', {
    params: { path, query: { map: 'f32' } },
    body: image,
    bodySerializer: (body) => body,
    headers: { 'content-type': 'image/png' },
  }),
);
const several = found(
  await client.POST('/v1/detectors/{detector}/predict', {
    params: { path },
    body: { image: [image, image], map: 'f32', regions: false },
    bodySerializer: formOf,
  }),
);
const base64 = Buffer.from(await image.arrayBuffer()).toString('base64');
const json = found(
  await client.POST('/v1/detectors/{detector}/predict', {
    params: { path },
    body: { images: [{ base64 }], map: 'f32' },
  }),
);
const manifest = found(
  await client.GET('/v1/detectors/{name}/versions/{version}/files/{file}', {
    params: { path: { name: 'lid', version: 'latest', file: 'manifest.json' } },
    parseAs: 'blob',
  }),
);

const results = [...raw.predictions, ...several.predictions, ...json.predictions];
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
  }),
);
