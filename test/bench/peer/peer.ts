import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const SCRIPT = fileURLToPath(new URL('peer.py', import.meta.url));
const helloSchema = z.object({ versions: z.record(z.string(), z.string()), device: z.string() });
const memorySchema = z.object({ bytes: z.number().positive() });
const runSchema = z.object({ ms: z.number().positive() });

/** anomalib in a Python process of its own, which lives until it is closed. One request at a time. */
export class Peer {
  /** For people: `anomalib 2.7.0 (torch 2.13.0)`. */
  readonly name: string;
  readonly #process: PeerProcess;

  private constructor(name: string, process: PeerProcess) {
    this.name = name;
    this.#process = process;
  }

  /**
   * Rejects when Python ends before it answers, as where anomalib does not import, and where its torch has no such
   * device.
   */
  static async start(python: string, threads: number, device: 'cpu' | 'cuda' = 'cpu'): Promise<Peer> {
    const process = new PeerProcess(python, threads, device);
    try {
      const { versions, device: name } = helloSchema.parse(await process.request({ operation: 'hello' }));
      const where = device === 'cpu' ? '' : ` on ${name}`;
      return new Peer(`anomalib ${versions.anomalib} (torch ${versions.torch}${where})`, process);
    } catch (error) {
      process.close();
      throw error;
    }
  }

  /** Makes a case ready; frees the one before. */
  async load(kind: 'scoring' | 'training', options: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#process.request({ operation: 'load', kind, ...options });
  }

  /** Runs the case once and returns milliseconds, as Python took them. `save` names a file for what came out. */
  async run(save?: string): Promise<number> {
    const answer = await this.#process.request({ operation: 'run', ...(save !== undefined && { save }) });
    return runSchema.parse(answer).ms;
  }

  /** The most memory that the process has held, in bytes. */
  async peakMemory(): Promise<number> {
    return memorySchema.parse(await this.#process.request({ operation: 'memory' })).bytes;
  }

  close(): void {
    this.#process.close();
  }
}

class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  constructor(python: string, threads: number, device: string) {
    const count = String(threads);
    this.#child = spawn(python, [SCRIPT], {
      env: {
        // Waiting threads sleep, as those of our sessions do. Spinning ones, torch's default, make a run several times
        // longer as soon as anything else wants a core.
        OMP_WAIT_POLICY: 'passive',
        ...process.env,
        CFLOW_PEER_THREADS: count,
        CFLOW_PEER_DEVICE: device,
        OMP_NUM_THREADS: count,
        MKL_NUM_THREADS: count,
        // No network: nothing here needs any, and a library that asks for a newer self would be timed.
        HF_HUB_OFFLINE: '1',
      },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    // A process that is gone is told by the missing answer.
    this.#child.on('error', (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin.on('error', () => undefined);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async request(message: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`Python ended without an answer:\n${this.#errors.trim()}`);
    const answer: unknown = JSON.parse(value);
    const { error } = answer as { error?: string };
    if (error !== undefined) throw new Error(`anomalib failed on "${message.operation}": ${error}`);
    return answer;
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
