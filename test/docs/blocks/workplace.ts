// A folder to run the code of a page in: with the packages of this repository as if they were installed, and with the
// commands that readers call.
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './fenced-blocks.js';

/** Options that make what a page trains small enough for a test; what they change is not what the page is about. */
const SMALLER = {
  synth: '--train 12 --test-good 3 --per-defect 1 --size 128',
  train: '--epochs 2 --coupling-blocks 2 --input-size 128',
};

/** What nothing takes that ends at all. */
const LIMIT_MS = 400_000;

export interface Ended {
  code: number;
  stdout: string;
  /** Both streams, in the order in which they came. */
  output: string;
}

export interface Workplace {
  readonly folder: string;
  /** Runs a program to its end. Rejects when that does not come. */
  run(command: string, args: readonly string[]): Promise<Ended>;
  /** Starts `cflow serve …`, instead of the one that runs, and resolves to its address when it is ready. */
  serve(args: readonly string[]): Promise<string>;
  /** Starts another program that prints its address as its first line. */
  start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string>;
  /** Ends what was started; the folder stays. */
  rest(): Promise<void>;
  /** Ends what was started, and removes the folder. */
  stop(): Promise<void>;
}

export interface WorkplaceOptions {
  /** Whether what is trained is made smaller. */
  smaller: boolean;
}

export async function makeWorkplace({ smaller }: WorkplaceOptions): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-page-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeCommands(join(folder, '.bin'), smaller);
  const env = {
    PATH: `${join(folder, '.bin')}:${process.env.PATH}`,
    HOME: folder,
    CFLOW_CACHE: join(tmpdir(), 'cflow-page-cache'),
    // What is trained by code, which no option makes smaller.
    ...(smaller && { CFLOW_BACKBONE: 'embedded' }),
  };
  const running: { url?: string; end(): Promise<void> }[] = [];
  let service: string | undefined;

  const start: Workplace['start'] = async (args, more) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const started: (typeof running)[number] = {
      end: async () => {
        child.kill();
        await ended;
      },
    };
    running.push(started);
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    return new Promise((resolve, reject) => {
      let printed = '';
      child.stdout.on('data', (data) => {
        printed += data;
        const [url, rest] = printed.split('\n', 2);
        if (url === undefined || rest === undefined) return;
        started.url = url;
        resolve(url);
      });
      void ended.then(() => reject(new Error(`it ended before it listened: ${printed}${errors}`)));
    });
  };

  const rest = async (): Promise<void> => {
    await Promise.all(running.splice(0).map(({ end }) => end()));
  };

  return {
    folder,
    start,
    rest,
    run: (command, args) =>
      new Promise((resolve, reject) => {
        const child = execFile(command, args, { cwd: folder, env, timeout: LIMIT_MS }, (error, stdout) => {
          if (error && typeof error.code !== 'number') reject(error);
          else resolve({ code: error ? Number(error.code) : 0, stdout, output });
        });
        let output = '';
        for (const stream of [child.stdout, child.stderr]) {
          stream?.on('data', (data) => {
            output += data;
          });
        }
      }),
    serve: async (args) => {
      await running.find(({ url }) => url !== undefined && url === service)?.end();
      const url = await start([join(ROOT, 'packages/cli/bin/cflow.js'), 'serve', ...args, '--port', '0'], {
        CFLOW_LOG_LEVEL: 'error',
        // Jobs that a page makes by the way are not what it waits for.
        CFLOW_TRAIN: 'elsewhere',
      });
      while (!(await fetch(`${url}/readyz`)).ok) await new Promise((wake) => setTimeout(wake, 50));
      service = url;
      return url;
    },
    stop: async () => {
      await rest();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Passes on what comes, and fails where that is something else than JSON, as all answers that the pages ask for are. */
const JSON_ONLY =
  'const text = fs.readFileSync(0); process.stdout.write(text); if (text.length > 0) JSON.parse(text)';

/**
 * `cflow` is this repository's, `npx` finds what is there, `curl` fails where the service refuses or gives no JSON.
 */
async function writeCommands(bin: string, smaller: boolean): Promise<void> {
  const cflow = `exec '${process.execPath}' '${join(ROOT, 'packages/cli/bin/cflow.js')}' "$@"`;
  const commands = {
    cflow: smaller
      ? `case "$1" in
synth) ${cflow} ${SMALLER.synth} ;;
train) ${cflow} ${SMALLER.train} ;;
esac
${cflow}`
      : cflow,
    npx: `command="$1"; shift
if [ "$command" = cflow ]; then exec cflow "$@"; fi
exec '${join(ROOT, 'node_modules/.bin')}'/"$command" "$@"`,
    curl: `set -o pipefail
PATH="\${PATH#*:}" curl --silent --show-error --fail-with-body "$@" | '${process.execPath}' -e '${JSON_ONLY}'`,
  };
  await mkdir(bin);
  for (const [name, text] of Object.entries(commands)) {
    await writeFile(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }
}
