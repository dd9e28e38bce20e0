// Newer than the types of some hosts, and than some hosts.
interface NewerBuffer {
  readonly resizable?: boolean;
  resize?(bytes: number): void;
  transfer?(bytes: number): unknown;
}

/**
 * Gives the memory of a buffer back at once; nobody may use it any more. The collector comes only after tens of megabytes of
 * it, which a host that counts them does not have. Where the host has no `ArrayBuffer.transfer`, one that cannot be resized is left
 * to the collector.
 */
export function releaseBuffer(buffer: ArrayBufferLike): void {
  const newer = buffer as NewerBuffer;
  if (newer.resizable) newer.resize?.(0);
  else newer.transfer?.(0);
}
