import type { Tensor } from '@cflow/onnx';

// Newer than the types of some hosts, and than some hosts.
interface TransferableBuffer {
  transfer?(bytes: number): unknown;
}

/**
 * Gives the memory of tensors back at once that nobody uses any more. The collector comes only after tens of megabytes of it,
 * which a host that counts them does not have. Part of a larger buffer stays, and so does all where the host has no
 * `ArrayBuffer.transfer`.
 */
export function releaseTensors(tensors: Readonly<Record<string, Tensor>>): void {
  for (const { data } of Object.values(tensors)) {
    if (data.byteLength === data.buffer.byteLength) (data.buffer as TransferableBuffer).transfer?.(0);
  }
}
