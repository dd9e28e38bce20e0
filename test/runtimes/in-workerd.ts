import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { MOZ_JPEG, ORT_WASM } from './packages.js';
import type { ScoredFile } from './score-files.js';

const CONFIGURATION = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "scorer", worker = .scorer),
    (name = "loopback", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "scorer")],
);
const scorer :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "ort.wasm", wasm = embed "ort.wasm"),
    (name = "mozjpeg.wasm", wasm = embed "mozjpeg.wasm"),
  ],
  compatibilityDate = "2026-01-01",
  globalOutbound = "loopback",
);
`;

/** Scores the work that is served at an address in Cloudflare's runtime. */
export async function onWorkerd(origin: string): Promise<ScoredFile[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-workerd-'));
  try {
    await build({
      entryPoints: [fileURLToPath(new URL('workerd/worker.ts', import.meta.url))],
      outfile: join(folder, 'worker.js'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['*.wasm'],
      logLevel: 'error',
    });
    await copyFile(ORT_WASM, join(folder, 'ort.wasm'));
    await copyFile(MOZ_JPEG, join(folder, 'mozjpeg.wasm'));
    await writeFile(join(folder, 'config.capnp'), CONFIGURATION);
    return await ask(folder, origin);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function ask(folder: string, origin: string): Promise<ScoredFile[]> {
  // The package's own command is a script that could not be stopped together with the binary.
  const { default: binary } = createRequire(import.meta.url)('workerd') as { default: string };
  const child = spawn(binary, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString('utf8');
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let text = '';
      child.stdio[3]?.on('data', (data: Buffer) => {
        text += data.toString('utf8');
        const listening = /"port":(\d+)/.exec(text)?.[1];
        if (listening !== undefined) resolve(Number(listening));
      });
      child.once('error', reject);
      void ended.then(() => reject(new Error(`workerd ended: ${said}`)));
    });
    const response = await fetch(`http://127.0.0.1:${port}/?work=${encodeURIComponent(origin)}`);
    if (!response.ok) throw new Error(`the worker failed: ${await response.text()}${said}`);
    return (await response.json()) as ScoredFile[];
  } finally {
    child.kill();
    await ended;
  }
}
