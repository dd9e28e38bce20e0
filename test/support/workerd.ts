// Workers in Cloudflare's runtime, the real binary, on this machine.
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** What a Worker is bound to: a text, a service at an address on loopback, a bucket kept by one, a folder of files. */
export type Binding = { text: string } | { service: string } | { bucket: string } | { folder: string };

export interface WorkerdOptions {
  /** The worker's module, TypeScript, whose imports of `*.wasm` are modules of the worker. */
  entry: string;
  bindings?: Readonly<Record<string, Binding>>;
  /** Flags of the engine, as `--expose-gc`. */
  v8Flags?: readonly string[];
  /** True lets V8's inspector listen, see `IsolateInspector`. */
  inspect?: boolean;
}

export interface Workerd {
  readonly url: string;
  /** `ws://127.0.0.1:PORT/main`, where it was asked for. */
  readonly inspectorUrl: string | undefined;
  readonly pid: number;
  /** Where its code and its configuration lie. */
  readonly folder: string;
  /** How the process ended; undefined while it runs. */
  ended(): { code: number | null; signal: NodeJS.Signals | null } | undefined;
  /** What the runtime and the worker have written so far. */
  said(): string;
  stop(): Promise<void>;
}

/** The flags that wrangler sets for Workers, too. */
const CONDITIONS = ['workerd', 'worker', 'browser'];
const COMPATIBILITY_DATE = '2026-01-01';

export interface WorkerBundle {
  code: string;
  /** Modules by the name that the code imports them by, and where they lie. */
  wasm: ReadonlyMap<string, string>;
  /** Everything that went into it. */
  inputs: readonly string[];
}

/** Bundles a worker as wrangler does: `.wasm` files become modules beside the code. */
export async function bundleWorker(entry: string, { minify = false } = {}): Promise<WorkerBundle> {
  const wasm = new Map<string, string>();
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify,
    format: 'esm',
    target: 'es2022',
    conditions: CONDITIONS,
    external: ['cloudflare:*'],
    metafile: true,
    logLevel: 'error',
    plugins: [
      {
        name: 'wasm-modules',
        setup(plugin) {
          plugin.onResolve({ filter: /\.wasm$/ }, ({ path, importer }) => {
            const file = createRequire(importer).resolve(path);
            wasm.set(basename(file), file);
            return { path: basename(file), external: true };
          });
        },
      },
    ],
  });
  return { code: outputFiles[0]?.text as string, wasm, inputs: Object.keys(metafile.inputs) };
}

/** Starts a worker on a free port; ready when it listens. */
export async function startWorkerd({
  entry,
  bindings = {},
  v8Flags = [],
  inspect = false,
}: WorkerdOptions): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-workerd-'));
  const { code, wasm } = await bundleWorker(entry);
  await writeFile(join(folder, 'worker.js'), code);
  for (const [name, file] of wasm) await copyFile(file, join(folder, name));
  await writeFile(join(folder, 'config.capnp'), configuration([...wasm.keys()], bindings, v8Flags));
  // The package's own command is a script that could not be stopped together with the binary.
  const { default: binary } = createRequire(import.meta.url)('workerd') as { default: string };
  const child = spawn(
    binary,
    ['serve', 'config.capnp', '--control-fd=3', ...(inspect ? ['--inspector-addr=127.0.0.1:0'] : [])],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      said += data.toString('utf8');
    });
  }
  let end: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  const ended = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      end = { code, signal };
      resolve();
    }),
  );
  const stop = async (): Promise<void> => {
    // Asked politely, it would first wait for connections to end, that of an inspector among them.
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // The inspector, where there is one, says that it listens before the Worker does.
    const text = await new Promise<string>((resolve, reject) => {
      let heard = '';
      child.stdio[3]?.on('data', (data: Buffer) => {
        heard += data.toString('utf8');
        if (/"listen",.*"port":\d+/.test(heard)) resolve(heard);
      });
      child.once('error', reject);
      void ended.then(() => reject(new Error(`workerd ended: ${said}`)));
    });
    const portOf = (event: string): string | undefined =>
      new RegExp(`"${event}",.*"port":(\\d+)`).exec(text)?.[1];
    const inspector = portOf('listen-inspector');
    return {
      url: `http://127.0.0.1:${portOf('listen')}`,
      inspectorUrl: inspector && `ws://127.0.0.1:${inspector}/main`,
      pid: child.pid as number,
      folder,
      ended: () => end,
      said: () => said,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configuration(
  wasm: readonly string[],
  bindings: Readonly<Record<string, Binding>>,
  v8Flags: readonly string[],
): string {
  const services: string[] = [];
  const bound = Object.entries(bindings).map(([name, binding]) => {
    if ('text' in binding) return `(name = "${name}", text = ${JSON.stringify(binding.text)})`;
    const service = `bound-${name}`;
    if ('folder' in binding) {
      services.push(`(name = "${service}", disk = (path = ${JSON.stringify(binding.folder)}))`);
      return `(name = "${name}", service = "${service}")`;
    }
    const address = 'service' in binding ? binding.service : binding.bucket;
    const host = new URL(address).host;
    services.push(`(name = "${service}", external = (address = "${host}", http = ()))`);
    return `(name = "${name}", ${'bucket' in binding ? 'r2Bucket' : 'service'} = "${service}")`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "loopback", network = (allow = ["private"])),
    ${services.map((service) => `${service},`).join('\n    ')}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  v8Flags = ${JSON.stringify(v8Flags)},
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    ${wasm.map((name) => `(name = "${name}", wasm = embed "${name}"),`).join('\n    ')}
  ],
  bindings = [
    ${bound.map((each) => `${each},`).join('\n    ')}
  ],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  globalOutbound = "loopback",
);
`;
}
