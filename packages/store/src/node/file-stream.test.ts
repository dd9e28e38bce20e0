import { type EventEmitter, once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileStream } from './file-stream.js';

it('fails, and closes the file, when its signal has aborted before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-stream-'));
  try {
    const path = join(folder, 'file');
    await writeFile(path, new Uint8Array(9));
    const handle = await open(path);
    // A handle is an emitter, which its types of Node 20 do not say.
    const closed = once(handle as unknown as EventEmitter, 'close').then(() => 'closed');
    const stream = fileStream(handle, path, { start: 0, end: 8 }, AbortSignal.abort(new Error('gone')));
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow('gone');
    expect(await closed).toBe('closed');
  } finally {
    await rm(folder, { recursive: true });
  }
});
