import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { OpenedPackage } from './package-check.js';

/** That package.json names what is there, in the way that Node and bundlers read it. */
export async function checkLint({ files, manifest }: OpenedPackage): Promise<string[]> {
  const packed = [...files].map(([name, bytes]) => ({
    name: `package/${name}`,
    data: new Uint8Array(bytes),
  }));
  const { messages } = await publint({ pkgDir: 'package', pack: { files: packed }, level: 'warning' });
  return messages.map((message) => formatMessage(message, manifest) ?? message.code);
}
