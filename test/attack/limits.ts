// What must hold under every attack.

import type { HostName } from './attack-types.js';

/**
 * Milliseconds that `/livez` may be silent longer than a process beside it that does nothing but answer. A Worker has one
 * thread: what is decoded and scored there takes its turns from those who ask.
 */
export const MOST_SILENCE_MS: Readonly<Record<HostName, number>> = {
  node: 250,
  postgres: 250,
  workerd: 1000,
};
/** Megabytes that a service and its children take more than before: half a gigabyte of bodies, and what goes with them. */
export const MOST_GROWTH_MB = 700;
/** Memory afterwards, of what it was before. */
export const MOST_KEPT = 1.2;
/** Descriptors that may be open afterwards and were not before: a pool's, a file's that is being written. */
export const MOST_NEW_DESCRIPTORS = 8;
/** Seconds in which memory and descriptors come back. */
export const SETTLE_SECONDS = 25;

/**
 * Whether the connection may be gone without an answer when a body was refused before it was read: of what is left workerd reads
 * 64 kB, and cuts the connection, with or without the answer. On Cloudflare the connection is that of its network.
 */
export function mayCut(host: HostName, { bytes, status }: { bytes: number; status: number }): boolean {
  return host === 'workerd' && status === 0 && bytes > 65_536;
}
