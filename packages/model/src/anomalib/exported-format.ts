import { extname } from 'node:path';
import { isTorchFile } from '../weights/torch-file/read-torch-file.js';

/**
 * The format that a file was exported in for running alone, where it is one. Its graph ends in anomalib's own maps and scores, after
 * what their batch and its thresholds did to them: the likelihoods that a detector is calibrated by are not in it.
 */
export function exportedFormat(path: string, bytes: Uint8Array): string | undefined {
  if (isTorchFile(bytes)) return undefined;
  const extension = extname(path).toLowerCase();
  if (extension === '.onnx' || isOnnx(bytes)) return 'an ONNX file';
  // A file of OpenVINO's weights has nothing that it is known by but its name.
  if (extension === '.bin' || isOpenVino(bytes)) return 'a file of OpenVINO';
  return undefined;
}

/** As every exporter begins: the version of the format, then the producer's name or the operator sets. */
const isOnnx = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x08 && bytes[1]! < 0x80 && (bytes[2] === 0x12 || bytes[2] === 0x42);

function isOpenVino(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 512)).trimStart();
  const declared = text.startsWith('<?xml') ? text.slice(text.indexOf('?>') + 2).trimStart() : text;
  return declared.startsWith('<net ');
}
