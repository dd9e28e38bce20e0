// Newer than the types of some hosts, and than some hosts.
interface TransferableBuffer {
  transfer?(bytes: number): unknown;
}

/**
 * Gives the memory behind bytes back at once, all of their buffer; nobody may use it any more. The collector comes only
 * after tens of megabytes of it, which a host that counts them does not have. Where the host has no
 * `ArrayBuffer.transfer`, it is left to the collector.
 */
export function releaseBytes(bytes: Uint8Array | Uint8ClampedArray): void {
  (bytes.buffer as TransferableBuffer).transfer?.(0);
}
