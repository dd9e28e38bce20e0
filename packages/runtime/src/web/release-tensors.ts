import type { Tensor } from '@cflow/onnx';
import { releaseBuffer } from '@cflow/spec';

/** Gives the memory of tensors back at once that nobody uses any more. Part of a larger buffer stays. */
export function releaseTensors(tensors: Readonly<Record<string, Tensor>>): void {
  for (const { data } of Object.values(tensors)) {
    if (data.byteLength === data.buffer.byteLength) releaseBuffer(data.buffer);
  }
}
