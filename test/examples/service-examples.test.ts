// The examples that run on Node: an app that mounts the service, started as its README says, and a script that asks it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { ObjectRegistry } from '@cflow/store';
import { openObjectStore } from '@cflow/store/node';
import { encodePng } from '@cflow/visual/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const EXAMPLES = fileURLToPath(new URL('../../sdk/examples', import.meta.url));
let folder: string;
let app: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-examples-'));
  await mkdir(join(folder, 'photos'));
  for (let i = 0; i < 3; i++) {
    await writeFile(join(folder, 'photos', `${i}.png`), await encodePng(testImage(i, 64, 64)));
  }
  await writeFile(join(folder, 'photos', 'notes.txt'), 'no image');
  const registry = new ObjectRegistry(openObjectStore(join(folder, 'store')));
  const version = await registry.stage('wood', memoryBundle(await makeBundle({ name: 'wood' })));
  await registry.publish('wood', version, { alias: 'latest' });
  app = spawn(process.execPath, ['--import', 'tsx', 'server.ts'], {
    cwd: join(EXAMPLES, 'hono-app'),
    env: { PATH: process.env.PATH, PORT: '0', CFLOW_STORE: join(folder, 'store') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(app.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  url = line.toString().trim();
});

afterAll(async () => {
  app?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** What a run of the script prints, and how it ends. */
function scoreFolder(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(EXAMPLES, 'node-script/score-folder.mjs'), ...args],
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

describe('the Node script', () => {
  it('scores the images of a folder in their order', async () => {
    const address = `${url}/inspection`;
    const { code, stdout, stderr } = await scoreFolder(address, 'wood', join(folder, 'photos'));
    const lines = stdout.trim().split('\n');
    const found = lines.map((line) => JSON.parse(line) as { image: string; label: string; score: number });
    expect(found.map(({ image }) => image)).toEqual(['0.png', '1.png', '2.png']);
    expect(new Set(found.map(({ score }) => score)).size).toBe(3);
    const bad = found.filter(({ label }) => label === 'bad').length;
    expect(stderr.trim()).toBe(`3 images, ${bad} of them bad`);
    expect(code).toBe(bad > 0 ? 1 : 0);
  });

  it('says what is wrong', async () => {
    const photos = join(folder, 'photos');
    const unknown = await scoreFolder(`${url}/inspection`, 'steel', photos);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/^NotFoundError: .*"steel"/)]);
    const gone = await scoreFolder('http://127.0.0.1:1', 'wood', photos);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringMatching(/^ConnectionError: /)]);
    expect((await scoreFolder()).code).toBe(2);
  });
});

describe('the Hono app', () => {
  it('has its own routes, and the service behind its middleware', async () => {
    expect(await (await fetch(url)).text()).toBe('The line runs.');
    const answer = await fetch(`${url}/inspection/v1/detectors/wood/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(await encodePng(testImage(1, 64, 64))),
    });
    expect([answer.status, answer.headers.get('x-line')]).toEqual([200, '7']);
    const { predictions } = (await answer.json()) as { predictions: { detector: { name: string } }[] };
    expect(predictions.map(({ detector }) => detector.name)).toEqual(['wood']);
    expect((await fetch(`${url}/v1/detectors`)).status).toBe(404);
  });

  it('has the page, whose files lie below it', async () => {
    const page = await (await fetch(`${url}/inspection/`)).text();
    const [, script] = /src="([^"]+\.js)"/.exec(page) ?? [];
    expect((await fetch(new URL(script as string, `${url}/inspection/`))).status).toBe(200);
  });

  it('ends when it is told to', async () => {
    app.kill('SIGTERM');
    expect(await once(app, 'exit')).toEqual([0, null]);
  });
});
