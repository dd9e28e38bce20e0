import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataSetError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { makeZip } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { type DataSetLimits, DEFAULT_DATA_SET_LIMITS } from './data-set-limits.js';
import { unpackZip } from './unpack-zip.js';

const root = temporaryFolder();
const never = new AbortController().signal;
let count = 0;

/** Unpacks an archive into a folder of its own, which lies alone in another. */
async function unpack(archive: string, limits: Partial<DataSetLimits> = {}): Promise<string> {
  const folder = join(root, `place-${count++}`, 'inside');
  await mkdir(folder, { recursive: true });
  await unpackZip(archive, folder, { ...DEFAULT_DATA_SET_LIMITS, ...limits }, never);
  return folder;
}

async function archiveOf(
  ...args: [Parameters<typeof makeZip>[1], Parameters<typeof makeZip>[2]?]
): Promise<string> {
  const path = join(root, `${count++}.zip`);
  await makeZip(path, ...args);
  return path;
}

/** The archive with one name replaced by another of the same length, which no honest archiver would write. */
async function renamed(archive: string, from: string, to: string): Promise<string> {
  expect(to.length).toBe(from.length);
  const text = (await readFile(archive)).toString('latin1');
  const path = join(root, `${count++}.zip`);
  await writeFile(path, Buffer.from(text.replaceAll(from, to), 'latin1'));
  return path;
}

async function failure(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (found: unknown) => found,
  );
  expect(error).toMatchObject({ code: 'data-set', retryable: false });
  expect(error).toBeInstanceOf(DataSetError);
  return error as Error;
}

describe('unpackZip', () => {
  it('gives files with their folders, names with a dot before them too', async () => {
    const archive = await archiveOf({
      'wood/train/good/a.png': 'a',
      'wood/test/bad/b ü.png': 'b',
      'wood/.DS_Store': 'x',
    });
    const folder = await unpack(archive);
    expect(await readFile(join(folder, 'wood/train/good/a.png'), 'utf8')).toBe('a');
    expect(await readFile(join(folder, 'wood/test/bad/b ü.png'), 'utf8')).toBe('b');
    // What takes no part is told by whoever reads the data set.
    expect((await readdir(join(folder, 'wood'))).sort()).toEqual(['.DS_Store', 'test', 'train']);
    const plain = 'AA/good/0.png';
    const dotted = await unpack(await renamed(await archiveOf({ [plain]: '0' }), plain, './good/00.png'));
    expect(await readFile(join(dotted, 'good/00.png'), 'utf8')).toBe('0');
  });

  it.each([
    [12, /"a\.png" in the archive is packed with bzip2; expected the usual method, Deflate, or none/],
    [14, /LZMA/],
    [93, /Zstandard/],
    [77, /the method 77/],
  ])('names the way of packing %i, which it does not know', async (method, message) => {
    const path = await archiveOf({ 'a.png': 'a' });
    const bytes = await readFile(path);
    bytes.writeUInt16LE(method, bytes.lastIndexOf(Buffer.from('504b0102', 'hex')) + 10);
    bytes.writeUInt16LE(method, bytes.indexOf(Buffer.from('504b0304', 'hex')) + 8);
    await writeFile(path, bytes);
    expect((await failure(unpack(path))).message).toMatch(message);
  });

  it.each([
    ['up/../../../evil.png'],
    ['/bsolute/path/evil.png'],
    ['C:/solute/path/evil.png'],
    ['..\\..\\..\\..\\..\\evil.png'],
    ['a//double/slash/evil.png'],
    ['a/new\nline/in/it/evil.png'],
  ])('refuses the name %j, and writes nothing outside', async (name) => {
    const plain = 'x'.repeat(name.length);
    const archive = await renamed(await archiveOf({ [plain]: 'evil' }), plain, name);
    await failure(unpack(archive));
    const written = await readdir(root, { recursive: true });
    expect(written.filter((path) => path.includes('evil'))).toEqual([]);
  });

  it('refuses links', async () => {
    const archive = await archiveOf({ 'link.png': '/etc/passwd' }, { mode: 0o120777 });
    expect((await failure(unpack(archive))).message).toMatch(/"link.png", which is a link or a special file/);
  });

  it('does not write through a link that is there, or over a file', async () => {
    const folder = join(root, `place-${count++}`);
    await mkdir(folder);
    await symlink(join(root, 'elsewhere'), join(folder, 'a.png'));
    await failure(unpackZip(await archiveOf({ 'a.png': 'x' }), folder, DEFAULT_DATA_SET_LIMITS, never));
    expect(await readdir(root)).not.toContain('elsewhere');
    const twice = await renamed(await archiveOf({ 'a.png': '1', 'b.png': '2' }), 'b.png', 'a.png');
    expect((await failure(unpack(twice))).message).toMatch(/two entries of one name/);
  });

  it('refuses a path that is longer than any, in few words', async () => {
    const archive = await archiveOf({ [`${'a/'.repeat(30_000)}a.png`]: 'x' });
    const { message } = await failure(unpack(archive));
    expect(message).toMatch(/a path that is too long/);
    expect(message.length).toBeLessThan(400);
  });

  it('refuses bombs by what they unpack to, and by their ratio', async () => {
    const bomb = await archiveOf({ 'a.bmp': new Uint8Array(5e6), 'b.bmp': new Uint8Array(5e6) });
    expect((await failure(unpack(bomb, { unpackedBytes: 8e6 }))).message).toMatch(/more than 8000000/);
    expect((await failure(unpack(bomb, { ratioFreeBytes: 1e6, ratio: 100 }))).message).toMatch(/more than/);
    await unpack(bomb);
  });

  it('refuses an archive that lies about sizes', async () => {
    const path = await archiveOf({ 'a.bmp': new Uint8Array(100_000) });
    const bytes = await readFile(path);
    const central = bytes.lastIndexOf(Buffer.from('504b0102', 'hex'));
    bytes.writeUInt32LE(10, central + 24);
    await writeFile(path, bytes);
    await failure(unpack(path));
  });

  it('refuses more entries than are allowed', async () => {
    const archive = await archiveOf({ a: '', b: '', c: '' });
    expect((await failure(unpack(archive, { entries: 2 }))).message).toMatch(/3 entries; 2 are the most/);
  });

  it.each([
    ['nothing', (_: Buffer) => Buffer.alloc(0)],
    ['text', (_: Buffer) => Buffer.from('these are no images at all')],
    ['half of it', (zip: Buffer) => zip.subarray(0, zip.length >> 1)],
    [
      'altered content',
      (zip: Buffer) => Buffer.from(zip.toString('latin1').replace('ABCDEF', 'ABCDEX'), 'latin1'),
    ],
  ])('refuses %s', async (_, spoil) => {
    const path = await archiveOf({ 'a.png': 'ABCDEFGH' }, { compress: false });
    await writeFile(path, spoil(await readFile(path)));
    expect((await failure(unpack(path))).message).toMatch(/not a ZIP archive, or is damaged/);
  });

  it.each([
    ['RAR', Buffer.from('Rar!\x1a\x07\x01\0', 'latin1')],
    ['7z', Buffer.from("7z\xbc\xaf'\x1c\0\x04", 'latin1')],
    ['gzip', gzipSync('a')],
    ['bzip2', Buffer.from('BZh91AY&SY', 'latin1')],
    ['xz', Buffer.from('\xfd7zXZ\0\0\x04', 'latin1')],
    ['Zstandard', Buffer.from('(\xb5/\xfd\x04\0', 'latin1')],
    ['tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0'), Buffer.alloc(250)])],
  ])('names an archive of another kind, and what to do: %s', async (kind, bytes) => {
    const path = await archiveOf({ 'a.png': 'A' });
    await writeFile(path, bytes);
    expect((await failure(unpack(path))).message).toBe(
      `expected a ZIP of the folder of images, found an archive of the kind ${kind}; unpack it, and pack the folder again as ZIP`,
    );
  });

  it('stops when it is told to', async () => {
    const archive = await archiveOf({ 'a.png': 'a' });
    const reason = new Error('enough');
    const folder = join(root, `place-${count++}`);
    await mkdir(folder);
    const run = unpackZip(archive, folder, DEFAULT_DATA_SET_LIMITS, AbortSignal.abort(reason));
    await expect(run).rejects.toBe(reason);
  });
});
