import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doublingLoopModel } from '../conformance/models.js';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'cflow-telemetry-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

const score = (options: string): string => `
  import { createNodeRuntime } from '@cflow/runtime/node';
  const runtime = createNodeRuntime({ device: 'cpu', threads: 1, ${options} });
  const session = await runtime.createSession({ model: Buffer.from('${model}', 'base64') });
  const x = { type: 'float32', dims: [2], data: Float32Array.of(1, 2) };
  const { y } = await session.run({ x, count: { type: 'int64', dims: [], data: BigInt64Array.of(3n) } });
  // The library writes from threads of its own.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await runtime.dispose();
  console.log(String(y.data));`;
const model = Buffer.from(doublingLoopModel()).toString('base64');
const ENTRIES = [
  ['in a worker thread', score('worker: true'), '8,16\n'],
  ['in the thread that asks', score('worker: false'), '8,16\n'],
  [
    'in the process that tries a device',
    `import { nodeDevices, probeInChildProcess } from '@cflow/runtime/node';
     const cpu = (await nodeDevices()).find(({ device }) => device === 'cpu');
     console.log((await probeInChildProcess(cpu)).available);`,
    'true\n',
  ],
] as const;

const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** Node with fresh folders for all that a library may keep; without the variable that is to be set. */
async function run(script: string, tracer: readonly string[] = []): Promise<string> {
  const env: Record<string, string | undefined> = { ...process.env, ORT_DISABLE_TELEMETRY: undefined };
  for (const name of ['HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'TMPDIR']) {
    env[name] = join(place, name);
    await mkdir(join(place, name), { recursive: true });
  }
  const [file = '', ...rest] = [...tracer, process.execPath, '--input-type=module', '-e', script];
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const { stdout } = await promisify(execFile)(file, rest, { cwd, env: env as NodeJS.ProcessEnv });
  return stdout;
}

describe('ONNX Runtime', () => {
  it.each(ENTRIES)('keeps no files of its own %s', async (_, script, expected) => {
    expect(await run(script)).toBe(expected);
    const left = await readdir(place, { recursive: true, withFileTypes: true });
    expect(left.filter((each) => !each.isDirectory()).map(({ name }) => name)).toEqual([]);
    expect(left).toHaveLength(5);
  });

  it.skipIf(!hasStrace).each(ENTRIES)('calls nobody %s (needs strace)', async (_, script, expected) => {
    const trace = join(place, 'trace');
    const tracer = ['strace', '-f', '-qq', '-e', 'trace=execve,socket,connect', '-o', trace];
    expect(await run(script, tracer)).toBe(expected);
    const calls = await readFile(trace, 'utf8');
    // A trace that saw nothing would prove nothing.
    expect(calls).toMatch(/execve\(.*node/);
    expect(calls).not.toMatch(/AF_INET/);
  });
});
