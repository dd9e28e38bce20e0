import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The trained numbers of a bundle, as hexadecimal digits to compare. */
export async function decodersOf(bundle: string): Promise<string> {
  return (await readFile(join(bundle, 'decoders.safetensors'))).toString('hex');
}
