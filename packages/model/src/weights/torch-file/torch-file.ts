import type { PickleValue } from './pickle-value.js';
import type { StorageBytes } from './torch-tensor.js';

/** What a file of `torch.save` holds: a value, and the numbers that it refers to. */
export interface TorchFile {
  value: PickleValue;
  /** Of the whole file. */
  bytes: number;
  /** @throws WeightsError when the file has fewer bytes than the storage says */
  bytesOf: StorageBytes;
}
