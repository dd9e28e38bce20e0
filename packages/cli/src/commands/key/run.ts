import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '@cflow/detector/node';
import { createApiKey, parseApiKeys } from '@cflow/predict';
import { ConfigurationError } from '@cflow/spec';
import { noteLine, printLine } from '../../terminal/output.js';
import type { KeyFlags } from './flags.js';

/** Makes a key, shows it once, and writes down what the service needs of it. */
export async function runKey(name: string, { scopes, rate, file }: KeyFlags): Promise<void> {
  const { key, sha256 } = await createApiKey();
  const entry = { name, sha256, scopes, ...(rate !== undefined && { rate: rateOf(rate) }) };
  // Reports what is wrong with name, scopes or rate before anything is shown or written.
  parseApiKeys(JSON.stringify([entry]), 'the new key');
  if (file === undefined) {
    printLine(key);
    noteLine(`Entry for the service's list of keys:\n${JSON.stringify(entry)}`);
    return;
  }
  const entries = [...(await entriesOf(file)), entry];
  parseApiKeys(JSON.stringify(entries), `"${file}"`);
  await writeFileAtomically(file, `${JSON.stringify(entries, null, 2)}\n`);
  printLine(key);
  noteLine(`Added "${name}" to ${file}. The key is not shown again.`);
}

function rateOf(text: string): { perSecond: number; burst: number } {
  const [perSecond = Number.NaN, burst = 2 * perSecond] = text.split(':').map(Number);
  return { perSecond, burst };
}

async function entriesOf(file: string): Promise<unknown[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  try {
    const entries: unknown = JSON.parse(text);
    if (Array.isArray(entries)) return entries;
  } catch {
    // Told below.
  }
  throw new ConfigurationError(
    `"${file}" is not a list of keys: expected a JSON array; choose another --file`,
  );
}
