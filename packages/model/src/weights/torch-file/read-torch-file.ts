import { WeightsError } from '@cflow/spec';
import { isLegacyTorchFile, readLegacyTorchFile } from './legacy-torch-file.js';
import type { TorchFile } from './torch-file.js';
import { readZipTorchFile } from './zip-torch-file.js';

/**
 * Reads a file of `torch.save` (`.pth`, `.pt`, `.ckpt`) as data: nothing in it is imported, called or run, and a name that
 * weights do not need ends the reading.
 * @throws WeightsError when the file is damaged, of another kind, or names what is not allowed
 */
export function readTorchFile(bytes: Uint8Array): TorchFile {
  if (isLegacyTorchFile(bytes)) return readLegacyTorchFile(bytes);
  if (isZip(bytes)) return readZipTorchFile(bytes);
  throw new WeightsError(
    'the file is not a file of torch.save: expected a ZIP archive or a pickle of torch; give weights as safetensors, or as ' +
      'torch.save writes a state dict',
  );
}

/** Whether bytes begin as a file of `torch.save` does. */
export function isTorchFile(bytes: Uint8Array): boolean {
  return isLegacyTorchFile(bytes) || isZip(bytes);
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}
