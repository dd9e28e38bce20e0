import { DRIVER_NEEDED } from './cuda-libraries.js';

/** Errors of a card that does not start, as numbers of cudaError_t, in words that tell what to do. */
const WORDS: Readonly<Record<number, string>> = {
  35: `the NVIDIA driver is too old for CUDA 13: it must be ${DRIVER_NEEDED} or newer`,
  100: 'the NVIDIA driver finds no card; in a container, start it with the cards (docker run --gpus all)',
  209: 'ONNX Runtime has no code for this card: its compute capability is not among those of the provider',
  802: 'the card is not ready: on machines with NVSwitch the fabric manager must run',
  803: "the driver's library and its kernel module are of different versions; restart the machine or the container",
};

/**
 * What ONNX Runtime says of CUDA when it does not start, as a line; undefined for anything else, such as a card that is
 * lost: `deviceFault` knows those.
 */
export function cudaWords(message: string): string | undefined {
  const [, code] = /CUDA (?:failure|error) (\d{1,4})\b/.exec(message) ?? [];
  const words = WORDS[Number(code)];
  if (words !== undefined) return `${words} (CUDA error ${code})`;
  if (!/Failed to load shared library/.test(message)) return undefined;
  const end = message.indexOf(': cannot open shared object file');
  const missing = end === -1 ? undefined : message.slice(0, end).split(/\s/).at(-1);
  return `the CUDA provider of ONNX Runtime does not load${missing ? `: ${missing} is missing` : ''}; cflow doctor says more`;
}
