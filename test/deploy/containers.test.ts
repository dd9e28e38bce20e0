// The files that containers are made from: linted, and their start commands run as they are written, outside a container.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readServiceEnvironment } from '@cflow/predict/node';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What a Dockerfile's last stage says of how it starts. */
function startOf(file: string): {
  env: Record<string, string>;
  entry: string[];
  verb: string[];
  health: string[];
} {
  const instructions = DockerfileParser.parse(read(file)).getInstructions();
  const last = (keyword: string): string =>
    instructions
      .filter((each) => each.getKeyword() === keyword)
      .at(-1)
      ?.getArgumentsContent() ?? '';
  const variables = last('ENV').replaceAll('\\\n', ' ').trim().split(/\s+/);
  return {
    env: Object.fromEntries(variables.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string])),
    entry: JSON.parse(last('ENTRYPOINT')) as string[],
    verb: JSON.parse(last('CMD')) as string[],
    health: JSON.parse(/\[[^[]*\]$/.exec(last('HEALTHCHECK'))?.[0] ?? 'null') as string[],
  };
}

describe('the context of a build', () => {
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));

  it('has what an installation runs, and what the Dockerfiles do', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const installing = ['preinstall', 'install', 'postinstall', 'prepare'].map((name) => scripts[name] ?? '');
    const building = ['Dockerfile', 'Dockerfile.cpu'].flatMap((file) => read(file).match(/^RUN .*$/gm) ?? []);
    const words = [...installing, ...building].flatMap((line) => line.split(/\s+/));
    const files = [...new Set(words)].filter(
      (word) => /\.(m?js|json|sh)$/.test(word) && existsSync(join(ROOT, word)),
    );
    expect(files).toEqual(expect.arrayContaining(['build.mjs', 'image/trim.mjs']));
    for (const file of files) expect(allowed, file).toContain(file.split('/')[0]);
  });

  it('names nothing that is not there, and all workspaces', () => {
    for (const name of allowed) expect(existsSync(join(ROOT, name)), name).toBe(true);
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    for (const each of workspaces) {
      const folder = each.replace(/\/\*$/, '');
      expect(
        allowed.some((name) => name === folder || name === `${folder}/package.json`),
        each,
      ).toBe(true);
    }
  });
});

describe.each(['Dockerfile', 'Dockerfile.cpu'])('%s', (file) => {
  it('has nothing that the linter objects to', () => {
    expect(validate(read(file))).toEqual([]);
  });

  it('pins what it is made from, runs as nobody in particular, and has a health check', () => {
    const text = read(file);
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image as string);
    for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+\S*$|^scratch$/);
    expect(text.match(/^USER .+$/gm)).toEqual(['USER 10001:10001']);
    expect(startOf(file).health).toEqual(['node', '/opt/cflow/packages/cli/bin/health.js']);
  });

  it('starts, is healthy, and ends when it is told to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-container-'));
    const place = (text: string): string =>
      text.replace('/opt/cflow', ROOT).replace('/var/lib/cflow', folder);
    const { env, entry, verb, health } = startOf(file);
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS|CFLOW_)/.test(name),
    );
    const variables = {
      ...Object.fromEntries(inherited),
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, place(value)])),
      PORT: String(await freePort()),
      CFLOW_ANONYMOUS: 'true',
      // What has no card here is started as it is on one that works.
      CFLOW_DEVICE: 'cpu',
    };
    const run = ([program, ...args]: string[]) =>
      spawn(program === 'node' ? process.execPath : (program as string), args.map(place), {
        env: variables,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    const service = run([...entry, ...verb]);
    let log = '';
    service.stderr.on('data', (data: Buffer) => {
      log += data.toString('utf8');
    });
    const ended = new Promise<number | null>((resolve) => service.once('close', resolve));
    try {
      let healthy = 1;
      for (let attempt = 0; attempt < 40 && healthy !== 0 && service.exitCode === null; attempt++) {
        const check = run(health);
        healthy = await new Promise<number>((resolve) => check.once('close', (code) => resolve(code ?? 1)));
      }
      expect({ healthy, log: healthy === 0 ? '' : log }).toEqual({ healthy: 0, log: '' });
      service.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      service.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);
});

describe('the GPU image', () => {
  const { env, entry, verb } = startOf('Dockerfile');

  it('names its device, lets the driver in, and multiplies exactly', () => {
    expect(env).toMatchObject({
      CFLOW_DEVICE: 'cuda',
      NVIDIA_VISIBLE_DEVICES: 'all',
      NVIDIA_DRIVER_CAPABILITIES: 'compute,utility',
      NVIDIA_TF32_OVERRIDE: '0',
    });
  });

  it('does not become ready without a card: it ends, and says why in one line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-container-'));
    const port = await freePort();
    const service = spawn(
      process.execPath,
      [...entry.slice(1), ...verb].map((each) => each.replace('/opt/cflow', ROOT)),
      {
        env: {
          PATH: process.env.PATH,
          PORT: String(port),
          CFLOW_ANONYMOUS: 'true',
          CFLOW_TRAIN: 'off',
          CFLOW_DEVICE: env.CFLOW_DEVICE,
          CFLOW_STORE: folder,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let log = '';
    service.stderr.on('data', (data: Buffer) => {
      log += data.toString('utf8');
    });
    try {
      const code = await new Promise<number | null>((resolve) => service.once('close', resolve));
      expect(code).not.toBe(0);
      const words = log.split('\n').filter((line) => line.startsWith('error: '));
      expect(words).toEqual([
        expect.stringMatching(/^error: the device that was named cannot be used; tried cuda: \S.+/),
      ]);
    } finally {
      service.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);
});

describe('the verb train without anything to train on', () => {
  it('ends with 2 and says what is missing', async () => {
    const { entry } = startOf('Dockerfile');
    const child = spawn(process.execPath, [(entry[1] as string).replace('/opt/cflow', ROOT), 'train'], {
      env: { PATH: process.env.PATH, CFLOW_SAGEMAKER_ROOT: join(tmpdir(), 'nothing-here') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        log += data.toString('utf8');
      });
    }
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2);
    expect(log).toMatch(/DATABASE_URL/);
  });
});

describe('compose.yaml', () => {
  const { services } = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<
      string,
      { image: string; environment?: Record<string, string>; command?: string[]; depends_on?: object }
    >;
  };

  it('names services, images and variables that exist', () => {
    for (const { image, depends_on } of Object.values(services)) {
      expect(image).toMatch(/^cflow(:cpu)?$|:(v?\d|RELEASE\.)\S+$/);
      for (const other of Object.keys(depends_on ?? {})) expect(Object.keys(services)).toContain(other);
    }
    const serving = Object.values(services).filter(({ command }) => command?.[0] === 'serve');
    expect(serving).toHaveLength(2);
    for (const { environment = {} } of serving) {
      // Throws for a variable that the service does not know, or a value that it cannot use.
      const { CFLOW_ANONYMOUS, CFLOW_ALLOWED_HOSTS } = readServiceEnvironment(environment);
      expect([CFLOW_ANONYMOUS, CFLOW_ALLOWED_HOSTS]).toEqual([true, expect.arrayContaining(['localhost'])]);
    }
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
