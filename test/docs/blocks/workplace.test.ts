import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Workplace } from './workplace.js';

const server = createServer(({ url }, response) => {
  response.statusCode = url === '/refused' ? 422 : 200;
  response.end(url === '/half' ? '{"a": ' : url === '/nothing' ? '' : '{"a": 1}');
});
let place: Workplace;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place = await makeWorkplace({ smaller: true });
});
afterAll(async () => {
  server.close();
  await place.stop();
});

const curl = (path: string) => {
  const { port } = server.address() as AddressInfo;
  return place.run('bash', ['-c', `curl http://127.0.0.1:${port}${path}`]);
};

it('curl prints JSON, and fails where the answer is cut or a refusal', async () => {
  expect(await curl('/whole')).toMatchObject({ code: 0, output: '{"a": 1}' });
  expect(await curl('/nothing')).toMatchObject({ code: 0, output: '' });
  expect(await curl('/half')).toMatchObject({ code: 1, stdout: '{"a": ' });
  expect(await curl('/refused')).toMatchObject({ code: 22, stdout: '{"a": 1}' });
});
