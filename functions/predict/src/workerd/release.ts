// Newer than the types of some hosts, and than some hosts.
interface TransferableBuffer {
  transfer?(bytes: number): unknown;
}

/**
 * Gives the memory behind bytes back at once, all of their buffer; nobody may use it any more. Left to the collector,
 * which comes only after tens of megabytes, it would count for a Worker that has 128.
 */
export function release(bytes: Uint8Array): void {
  (bytes.buffer as TransferableBuffer).transfer?.(0);
}
