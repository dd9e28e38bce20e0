import { readFileSync } from 'node:fs';
import { readModel } from '@cflow/onnx';
import { findImageInput } from '../backbones/find-image-input.js';
import type { OnnxNetwork } from '../backbones/onnx-backbone.js';
import { runModel } from './run-model.js';

/** A file of `backbones/testdata`, which make-onnx.py there wrote. */
export const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../backbones/testdata/${name}`, import.meta.url));

/** A network out of the bytes of its file. */
export function network(bytes: Uint8Array, more: Partial<OnnxNetwork> = {}): OnnxNetwork {
  const model = readModel(bytes);
  return { name: 'net.onnx', model, image: findImageInput('net.onnx', model), run: runModel, ...more };
}

/** What a promise rejects with, which it has to. */
export async function caught(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
