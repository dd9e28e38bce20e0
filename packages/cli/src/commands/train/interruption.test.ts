import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { type CliResult, runCli } from '../../testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from '../../testing/workplace.js';

// Long enough to be caught in the middle, small enough to be trained three times.
const TRAIN = ['train', 'brushed-metal', ...TINY, '--epochs', '40', '--patience', 'none', '--json'];

let place: Workplace;
let uninterrupted: string;
beforeAll(async () => {
  place = await createWorkplace();
  expect((await place.cflow(...TRAIN, '--output', 'whole.cflow')).code).toBe(0);
  uninterrupted = await decodersHash('whole.cflow');
});
afterAll(() => place.remove());

async function decodersHash(bundle: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(place.path, bundle, 'manifest.json'), 'utf8'));
  return manifest.files['decoders.safetensors'].sha256;
}

/** Starts the training and sends a signal once some epochs are saved. */
function interrupt(output: string, signal: NodeJS.Signals, sent = { yet: false }): Promise<CliResult> {
  const onStdout = (stdout: string, child: ChildProcess): void => {
    if (sent.yet || stdout.split('"checkpoint"').length < 8) return;
    sent.yet = child.kill(signal);
  };
  return runCli([...TRAIN, '--output', output], { cwd: place.path, onStdout });
}

describe('a training run', () => {
  it('goes on after kill -9, to the same bits, without being told its options again', async () => {
    expect(await interrupt('killed.cflow', 'SIGKILL')).toMatchObject({ code: null, signal: 'SIGKILL' });
    await expect(decodersHash('killed.cflow')).rejects.toThrow('ENOENT');
    const resumed = await place.cflow(
      'train',
      'brushed-metal',
      '--output',
      'killed.cflow',
      '--resume',
      '--json',
    );
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain('"type":"resume"');
    expect(await decodersHash('killed.cflow')).toBe(uninterrupted);
  });

  it('saves on SIGTERM, says how to go on, and goes on to the same bits', async () => {
    const stopped = await interrupt('stopped.cflow', 'SIGTERM');
    expect(stopped).toMatchObject({ code: 143, signal: null });
    expect(stopped.stderr).toBe(
      `stopped; go on with: cflow ${TRAIN.join(' ')} --output stopped.cflow --resume\n`,
    );
    const changed = await place.cflow(...TRAIN, '--output', 'stopped.cflow', '--lr', '0.5', '--resume');
    expectError(changed, 1, 'lr', '0.5');
    const resumed = await place.cflow(...TRAIN, '--output', 'stopped.cflow', '--resume');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(await decodersHash('stopped.cflow')).toBe(uninterrupted);
  });

  it('ends with 130 on SIGINT', async () => {
    expect(await interrupt('interrupted.cflow', 'SIGINT')).toMatchObject({ code: 130, signal: null });
  });
});
