import { execFile } from 'node:child_process';
import { ConfigurationError } from '@cflow/spec';

/** A card that this process may use, as the driver tells of it now. */
export interface Card {
  /** What CUDA calls it here: its place among those that are visible. */
  id: number;
  name: string;
  totalBytes: number;
  freeBytes: number;
}

const QUERY = ['--query-gpu=index,uuid,memory.total,memory.free,name', '--format=csv,noheader,nounits'];
/** A driver that hangs must not keep a service from starting. */
const TIMEOUT_MS = 5000;
const MEBIBYTE = 2 ** 20;

type Environment = Readonly<Record<string, string | undefined>>;

/** The cards that the driver tells of, in CUDA's order; none where there is no driver, or no `nvidia-smi`. */
export async function cudaCards(environment: Environment = process.env): Promise<readonly Card[]> {
  const text = await new Promise<string>((resolve) => {
    const options = { timeout: TIMEOUT_MS, env: environment as NodeJS.ProcessEnv };
    execFile('nvidia-smi', QUERY, options, (error, stdout) => resolve(error ? '' : stdout));
  });
  return visibleCards(text, environment.CUDA_VISIBLE_DEVICES);
}

/**
 * @param text of nvidia-smi: index, uuid, memory in MiB, free memory in MiB, name
 * @param visible `CUDA_VISIBLE_DEVICES`: indices or beginnings of uuids; CUDA reads up to the first that names no card
 */
export function visibleCards(text: string, visible: string | undefined): readonly Card[] {
  const all = text.split('\n').flatMap((line) => {
    const [index = '', uuid = '', total, free, ...name] = line.split(',').map((part) => part.trim());
    const [totalBytes, freeBytes] = [Number(total) * MEBIBYTE, Number(free) * MEBIBYTE];
    const known = /^\d+$/.test(index) && totalBytes > 0 && freeBytes >= 0;
    return known ? [{ index, uuid, totalBytes, freeBytes, name: name.join(', ') }] : [];
  });
  const chosen: typeof all = [];
  for (const each of visible === undefined ? all.map(({ index }) => index) : visible.split(',')) {
    const wanted = each.trim();
    const card = all.find(
      ({ index, uuid }) => index === wanted || (wanted.length > 4 && uuid.startsWith(wanted)),
    );
    if (!card) break;
    chosen.push(card);
  }
  return chosen.map(({ name, totalBytes, freeBytes }, id) => ({ id, name, totalBytes, freeBytes }));
}

/**
 * The cards that `CFLOW_CUDA_DEVICE` means.
 *
 * @param wanted numbers with commas between them, such as `0,2`, or `all`
 * @param cards Those that there are; none where the driver tells of none, and the numbers are taken as they are
 * @throws ConfigurationError for what is no list of cards, or a card that is not there
 */
export function chosenCards(wanted: string, cards: readonly Pick<Card, 'id'>[]): readonly number[] {
  const ids = cards.map(({ id }) => id);
  if (wanted === 'all') return ids.length > 0 ? ids : [0];
  if (!/^\d{1,3}(,\d{1,3})*$/.test(wanted)) {
    throw new ConfigurationError(
      `CFLOW_CUDA_DEVICE: expected numbers of cards with commas between them, such as 0,1, or all; got "${wanted}"`,
    );
  }
  const numbers = [...new Set(wanted.split(',').map(Number))];
  const missing = numbers.find((id) => ids.length > 0 && !ids.includes(id));
  if (missing !== undefined) {
    throw new ConfigurationError(
      `CFLOW_CUDA_DEVICE: expected cards of this machine, ${ids.join(', ')}; got ${missing}; nvidia-smi lists them`,
    );
  }
  return numbers;
}

/** All cards, those with the most free memory first; 0 alone where the driver tells of none. */
export function freestCards(cards: readonly Card[]): readonly number[] {
  if (cards.length === 0) return [0];
  return [...cards].sort((a, b) => b.freeBytes - a.freeBytes).map(({ id }) => id);
}
