// What strangers send: requests that are wrong in one of many ways, or in all.
import type { Random } from './random.js';
import { wildJson, wildText, withMistake } from './wild-values.js';

/** A request for an HTTP client, or bytes for a connection where no client would send such a thing. */
export type Malformed =
  | {
      kind: 'request';
      method: string;
      path: string;
      headers: Record<string, string>;
      body?: Uint8Array | string;
    }
  | { kind: 'bytes'; bytes: Uint8Array | string };

export interface Samples {
  /** A whole image. */
  png: Uint8Array;
}

type Generator = (random: Random, samples: Samples) => Malformed;

const PREDICT = '/v1/detectors/wood/predict';
const JSON_TYPE = { 'content-type': 'application/json' };
const IMAGE_TYPES = ['image/png', 'image/jpeg', 'application/octet-stream', 'image/svg+xml', 'image/*'];

const request = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Uint8Array | string,
): Malformed => ({ kind: 'request', method, path, headers, ...(body !== undefined && { body }) });

/** For an address: what cannot stand in one as it is, escaped. */
const segment = (random: Random): string => {
  const text = wildText(random);
  return /^[\w.%@~-]*$/.test(text) ? text : encodeURIComponent(text);
};

const path: Generator = (random) =>
  request(
    random.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND']),
    `/${random.pick(['v1/', 'v2/', ''])}${random.pick(['detectors/', 'jobs/', 'models/', 'predictions/', ''])}${segment(random)}${random.pick(['', '/predict', '/versions', '/aliases/x', '/infer', '/events', '/feedback', `/versions/${segment(random)}/files/${segment(random)}`])}`,
  );

const query: Generator = (random, { png }) => {
  const names = [
    'threshold',
    'falseAlarmRate',
    'map',
    'overlay',
    'regions',
    'minArea',
    'minShare',
    'maxRegions',
    'device',
    'unknown',
  ];
  const parameters = Array.from(
    { length: 1 + random.integer(3) },
    () => `${random.pick(names)}=${segment(random)}`,
  );
  return request('POST', `${PREDICT}?${parameters.join('&')}`, { 'content-type': 'image/png' }, png);
};

const list: Generator = (random) =>
  request(
    'GET',
    `/v1/${random.pick(['detectors', 'jobs', 'detectors/wood/versions', 'detectors/wood/feedback'])}?${random.pick(['limit', 'after', 'status', 'version', 'x'])}=${segment(random)}`,
  );

const image: Generator = (random, { png }) =>
  request(
    'POST',
    random.pick([PREDICT, '/v1/predict?detectors=wood', '/invocations']),
    { 'content-type': random.pick(IMAGE_TYPES) },
    random.next() < 0.7 ? random.mutate(png) : random.bytes(random.integer(2000)),
  );

const json: Generator = (random, { png }) => {
  const good = { images: [{ base64: Buffer.from(png).toString('base64') }], threshold: 1, map: 'none' };
  const text = JSON.stringify(random.next() < 0.7 ? withMistake(random, good) : wildJson(random));
  const body = random.next() < 0.2 ? text.slice(0, random.integer(text.length)) : text;
  return request('POST', PREDICT, JSON_TYPE, body);
};

const address: Generator = (random) => {
  const url = random.pick([
    'http://127.0.0.1:22/',
    'http://localhost/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'http://user:password@127.0.0.1/',
    'http://127.0.0.1:99999/',
    '//127.0.0.1',
    `http://[${wildText(random)}]/`,
    wildText(random),
  ]);
  return request('POST', PREDICT, JSON_TYPE, JSON.stringify({ images: [{ url }] }));
};

const multipart: Generator = (random, { png }) => {
  const boundary = random.pick(['x', 'boundary', '-'.repeat(40)]);
  const name = random
    .pick(['image', 'ignore', 'options', 'threshold', wildText(random)])
    .replace(/[\r\n"]/g, '');
  const part = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${random.pick(['a.png', '../a', ''])}"\r\n${random.pick(['', 'Content-Type: image/png\r\n', 'Content-Type\r\n', 'X'.repeat(9000)])}\r\n`,
    ),
    random.next() < 0.5 ? random.mutate(png) : random.bytes(50),
    Buffer.from(random.pick([`\r\n--${boundary}--\r\n`, `\r\n--${boundary}`, '', '\r\n'])),
  ]);
  const type = random.pick([
    `multipart/form-data; boundary=${boundary}`,
    'multipart/form-data; boundary=other',
    'multipart/form-data',
    `multipart/form-data; boundary=${'y'.repeat(200)}`,
  ]);
  return request(
    'POST',
    PREDICT,
    { 'content-type': type },
    random.next() < 0.3 ? part.subarray(0, random.integer(part.length)) : part,
  );
};

const tensors: Generator = (random) => {
  const good = {
    id: '1',
    inputs: [
      { name: 'image', datatype: 'UINT8', shape: [1, 3, 2, 2], data: Array.from({ length: 12 }, () => 7) },
    ],
    outputs: [{ name: 'score' }],
  };
  const wrong = random.pick<Record<string, unknown>>([
    { shape: [1, 3, -2, 2] },
    { shape: [1e9, 3, 1e9, 2] },
    { shape: [] },
    { shape: [1, 3, 2, 2], data: [] },
    { shape: [1, 3, 2, 2], data: ['a'] },
    { datatype: 'FP64' },
    { datatype: 'BYTES', name: 'image_bytes', shape: [1], data: ['!'] },
    { name: wildText(random) },
    { parameters: { binary_data_size: 1e12 } },
    { parameters: { binary_data_size: -1 } },
  ]);
  const body =
    random.next() < 0.5 ? { ...good, inputs: [{ ...good.inputs[0], ...wrong }] } : withMistake(random, good);
  const headers: Record<string, string> = { ...JSON_TYPE };
  if (random.next() < 0.3)
    headers['inference-header-content-length'] = random.pick(['0', '-1', '999999', 'x', '10']);
  return request('POST', '/v2/models/wood/infer', headers, JSON.stringify(body));
};

const registry: Generator = (random) =>
  random.pick<() => Malformed>([
    () =>
      request(
        'PUT',
        `/v1/detectors/wood/aliases/${segment(random)}`,
        JSON_TYPE,
        JSON.stringify(withMistake(random, { version: 'f'.repeat(64), expected: null })),
      ),
    () => request('DELETE', `/v1/detectors/${segment(random)}/versions/${segment(random)}`),
    () =>
      request(
        'POST',
        '/v1/detectors/new/versions',
        { 'content-type': 'multipart/form-data; boundary=x' },
        '--x\r\n',
      ),
    () =>
      request(
        'POST',
        `/v1/predictions/${segment(random)}/feedback`,
        JSON_TYPE,
        JSON.stringify(withMistake(random, { label: 'good' })),
      ),
    () =>
      request('GET', '/v1/detectors/wood/versions/latest/files/manifest.json', {
        range: random.pick([
          'bytes=5-2',
          'bytes=-',
          'bytes=99999999-',
          'lines=1-2',
          'bytes=0-1,3-4',
          'bytes=-0',
        ]),
      }),
  ])();

const jobs: Generator = (random) => {
  const good = {
    name: 'wood',
    dataSet: { path: 'data-sets/none.zip' },
    preset: 'fast',
    configuration: { couplingBlocks: 2 },
  };
  return random.pick<() => Malformed>([
    // Always with a mistake that no schema accepts, so that no job is made.
    () =>
      request(
        'POST',
        '/v1/jobs',
        JSON_TYPE,
        JSON.stringify({ ...(withMistake(random, good) as object), [`x${random.integer(9)}`]: 1 }),
      ),
    () =>
      request(
        'POST',
        '/v1/jobs',
        { ...JSON_TYPE, 'idempotency-key': wildText(random).replace(/[^\x20-\x7e]/g, '') },
        '{',
      ),
    () =>
      request(
        'POST',
        '/v1/data-sets',
        { 'content-type': random.pick(['application/zip', 'text/plain']) },
        random.bytes(100),
      ),
    () => request('GET', `/v1/jobs/${segment(random)}`),
    () => request('POST', `/v1/jobs/${segment(random)}/cancel`),
  ])();
};

const headers: Generator = (random, { png }) =>
  request(
    random.pick(['GET', 'POST']),
    random.pick(['/v1/detectors', PREDICT, '/readyz']),
    {
      'content-type': random.pick(['image/png; charset="', 'a/b/c', ';', 'application/json; charset=utf-16']),
      authorization: random.pick(['Bearer', 'Bearer  ', 'Basic Og==', `Bearer ${'k'.repeat(4000)}`]),
      'x-request-id': random.pick(['<script>', 'a'.repeat(500), '../..', ' ']),
      accept: random.pick(['text/event-stream', '*/*;q=2', '']),
      'if-none-match': random.pick(['*', '"', 'W/"x"']),
      origin: random.pick(['null', 'http://evil.example', 'x']),
    },
    random.next() < 0.5 ? undefined : png,
  );

const protocol: Generator = (random) => ({
  kind: 'bytes',
  bytes: random.pick<string | Uint8Array>([
    random.bytes(1 + random.integer(200)),
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
    'POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `POST ${PREDICT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n0\r\n\r\n`,
    `POST ${PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 100\r\n\r\nabc`,
    `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(3000)}\r\n`,
    'GET / HTTP/1.1\r\nHost: x\r\nX: \u0001\u0002\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  ]),
});

const GENERATORS: readonly Generator[] = [
  path,
  query,
  list,
  image,
  json,
  address,
  multipart,
  tensors,
  registry,
  jobs,
  headers,
  protocol,
];

/** The next malformed request of a seed. */
export function malformedRequest(random: Random, samples: Samples): Malformed {
  return random.pick(GENERATORS)(random, samples);
}
