import { DataSetError, DeviceError, StorageError } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, withoutPaths } from './failure.js';

describe('withoutPaths', () => {
  it.each([
    ['no images in "/var/lib/my data/good"', 'no images in "good"'],
    ['cannot read /srv/cflow/jobs/1/003.png: truncated', 'cannot read 003.png: truncated'],
    ["open 'C:\\Users\\ann\\x.png' failed", "open 'x.png' failed"],
    ['see file:///home/ann/.cache/w.onnx', 'see w.onnx'],
    ['in ../secret/place and ~/notes', 'in place and notes'],
    ['at \\\\server\\share\\x', 'at x'],
    ['path=/etc/passwd', 'path=passwd'],
    ['from https://u:p@s3.example.org/b/a.zip?X-Amz-Signature=1f#x', 'from https://s3.example.org/b/a.zip'],
    ['at -http://u:p@host/a and x.file:///home/ann/b', 'at … and …'],
    ['connect postgres://user:secret@host:5432/db', 'connect postgres://host:5432/db'],
  ])('%s', (message, safe) => {
    expect(withoutPaths(message)).toBe(safe);
  });

  it.each(['data-sets/wood', '3 of 4 and/or 1/2', 'float16 and 64x64', 'of shape [1, 3, 256, 256]; 50 %'])(
    'leaves %s as it is',
    (message) => {
      expect(withoutPaths(message)).toBe(message);
    },
  );

  it('leaves no absolute path of plain names', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/).filter((text) => !/^\.+$/.test(text));
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 2, maxLength: 6 }),
        fc.constantFrom('"', "'", ''),
        (names, quote) => {
          const message = `could not read ${quote}/${names.join('/')}${quote}, try again`;
          expect(withoutPaths(message)).toBe(`could not read ${quote}${names.at(-1)}${quote}, try again`);
        },
      ),
    );
  });
});

describe('failureOf', () => {
  it('keeps code and whether to try again, and drops details', () => {
    const error = new StorageError('storage-full', 'the disk is full: "/data/x" could not be written', {
      retryable: true,
      details: { path: '/data/x' },
    });
    expect(failureOf(error)).toEqual({
      error: { code: 'storage-full', message: 'the disk is full: "x" could not be written' },
      retryable: true,
    });
    const device = new DeviceError('no device', [
      { device: 'cuda', reason: '/usr/lib/libcudnn.so.9 is missing' },
    ]);
    expect(failureOf(device).error.message).toBe('no device\n  cuda: libcudnn.so.9 is missing');
  });

  it('tells nothing of what it does not know', () => {
    for (const thrown of [
      new Error('secret'),
      'secret',
      undefined,
      { code: 'data-set', message: 'secret' },
    ]) {
      const { error, retryable } = failureOf(thrown);
      expect(error.code).toBe('internal');
      expect(error.message).not.toContain('secret');
      expect(retryable).toBe(false);
    }
  });

  it('bounds the message, and the time that it takes', () => {
    const { error } = failureOf(new DataSetError('"/'.repeat(1_000_000)));
    expect(error.message.length).toBeLessThanOrEqual(2_000);
  });
});
