import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openObjectStore } from './open-object-store.js';

const folder = temporaryFolder();

describe('openObjectStore', () => {
  it('takes folders and S3', () => {
    expect(openObjectStore(folder).name).toBe(folder);
    expect(openObjectStore(pathToFileURL(folder).href).name).toBe(folder);
    expect(openObjectStore('s3://parts').name).toBe('s3://parts/');
    expect(
      openObjectStore('s3://parts/a/b/?endpoint=http://127.0.0.1:9000&region=eu-1&pathStyle=true').name,
    ).toBe('s3://parts/a/b/ at http://127.0.0.1:9000');
  });

  it.each([
    '',
    ' ',
    'http://host/bucket',
    'gs://bucket',
    'file://host/folder',
    's3://',
    's3:///prefix',
    's3://a',
    's3://bucket/../x y',
    's3://bucket?endpoint=ftp://host',
    's3://bucket?endpoint=http://user:secret@host',
    's3://bucket?pathStyle=yes',
    's3://bucket?color=red',
    's3://key:secret@bucket/prefix',
  ])('refuses %j', (address) => {
    let error: unknown;
    try {
      openObjectStore(address);
    } catch (found) {
      error = found;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    if (address.startsWith('s3://key')) expect((error as Error).message).not.toContain('secret');
  });
});
