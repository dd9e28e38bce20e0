import { fileURLToPath } from 'node:url';
import { findPython } from '../../bench/peer/find-python.js';
import { Peer } from '../../bench/peer/peer.js';
import type { CheckJob } from './checked-device.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Of PyTorch on the processor, beside a card. */
export const THREADS = 2;

/** anomalib on the same card, or why there is none. */
export async function startPeer({ software }: CheckJob): Promise<{ peer?: Peer; missing: string }> {
  if (software) return { missing: 'there is no GPU here that PyTorch could use' };
  const found = await findPython(ROOT);
  if ('missing' in found) return { missing: found.missing };
  try {
    return { peer: await Peer.start(found.python, THREADS, 'cuda'), missing: '' };
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').slice(0, 300);
    return { missing: `anomalib does not start on a GPU: ${reason}` };
  }
}
