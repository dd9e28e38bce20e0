// A project that knows nothing of this repository, for a Node and an npm that may be others than those that run the test.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { PackageRegistry } from './registry/package-registry.js';

const run = promisify(execFile);

export interface Ran {
  stdout: string;
  stderr: string;
}

export interface EmptyProject {
  folder: string;
  write(file: string, text: string): Promise<void>;
  /** Runs a program that lies on the path: `node`, `npm`, `npx`. */
  run(program: string, ...args: string[]): Promise<Ran>;
  remove(): Promise<void>;
}

export interface ProjectOptions {
  registry: PackageRegistry;
  /** Folders of programs that go before those of this process. */
  path?: readonly string[];
}

/** @param options Its registry is the only address that anything here reaches */
export async function makeProject({ registry, path = [] }: ProjectOptions): Promise<EmptyProject> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-project-'));
  const cache = await mkdtemp(join(tmpdir(), 'cflow-cache-'));
  const env: NodeJS.ProcessEnv = {
    ...plainEnvironment(),
    ...reaching(registry.url),
    npm_config_cache: cache,
  };
  env.PATH = [...path, process.env.PATH].join(delimiter);
  const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
  await write('package.json', '{ "name": "empty", "private": true }');
  return {
    folder,
    write,
    run: (program, ...args) => run(program, args, { cwd: folder, env, maxBuffer: 2 ** 26 }),
    async remove() {
      for (const each of [folder, cache]) await rm(each, { recursive: true, force: true });
    },
  };
}

/** Of a user who has set nothing: without what npm and this repository's tests set. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const named = /^(npm_|ort_|onnxruntime|cflow_|vitest|node_(?!extra)|init_cwd)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !named.test(name)));
}

function reaching(url: string): NodeJS.ProcessEnv {
  const proxies = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'GLOBAL_AGENT_HTTPS_PROXY'];
  return {
    ...Object.fromEntries(proxies.map((name) => [name, url])),
    no_proxy: '127.0.0.1',
    NO_PROXY: '127.0.0.1',
    npm_config_registry: url,
    npm_config_userconfig: '/nowhere/npmrc',
    npm_config_update_notifier: 'false',
  };
}
