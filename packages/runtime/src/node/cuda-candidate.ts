import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceCandidate } from '../device-candidate.js';
import { createNodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';
import { chosenCards, cudaCards, freestCard } from './cuda/cards.js';
import { missingPart, onThisMachine } from './cuda/find-cuda.js';
import { driverVersion } from './cuda/nvidia-driver.js';
import { onnxRuntimeFolder } from './engine-package.js';

const CARDS = '/proc/driver/nvidia/gpus';

/** CUDA by the provider library that `cflow cuda install` lays out for linux/x64; npm has it not. */
export async function cudaCandidate(options: Omit<NodeRuntimeOptions, 'device'>): Promise<DeviceCandidate> {
  const card = await cardName();
  return {
    device: 'cuda',
    description: `${card ?? 'NVIDIA GPU'} (CUDA)`,
    unavailable: async () =>
      missingPart({ ...onThisMachine, folder: onnxRuntimeFolder(), driver: await driverVersion() }),
    createRuntime: async () =>
      createNodeRuntime({ ...options, device: 'cuda', card: options.card ?? (await oneCard()) }),
  };
}

/** The card that is named by `CFLOW_CUDA_DEVICE`, the first where there are several; else the one with most room. */
async function oneCard(): Promise<number> {
  const cards = await cudaCards();
  const wanted = process.env.CFLOW_CUDA_DEVICE;
  return (wanted ? chosenCards(wanted, cards)[0] : undefined) ?? freestCard(cards);
}

async function cardName(): Promise<string | undefined> {
  const [first] = await readdir(CARDS).catch(() => []);
  if (first === undefined) return undefined;
  const information = await readFile(join(CARDS, first, 'information'), 'utf8').catch(() => '');
  return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim();
}
