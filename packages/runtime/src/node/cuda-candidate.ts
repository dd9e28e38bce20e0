import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceCandidate } from '../device-candidate.js';
import { createNodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';
import { chosenCards, cudaCards, freestCards } from './cuda/cards.js';
import { missingPart, onThisMachine } from './cuda/find-cuda.js';
import { driverVersion } from './cuda/nvidia-driver.js';
import { onnxRuntimeFolder } from './engine-package.js';

const CARDS = '/proc/driver/nvidia/gpus';

/** CUDA by the provider library that `cflow cuda install` lays out for linux/x64; npm has it not. */
export async function cudaCandidate(options: Omit<NodeRuntimeOptions, 'device'>): Promise<DeviceCandidate> {
  const card = await cardName();
  // Found out once: what is free changes with the first place.
  let cards: Promise<readonly number[]> | undefined;
  const cardOf = async (place: number): Promise<number> => {
    cards ??= cardsToUse();
    const ids = await cards;
    return ids[place % ids.length]!;
  };
  return {
    device: 'cuda',
    description: `${card ?? 'NVIDIA GPU'} (CUDA)`,
    unavailable: async () =>
      missingPart({ ...onThisMachine, folder: onnxRuntimeFolder(), driver: await driverVersion() }),
    createRuntime: async (place = 0) =>
      createNodeRuntime({ ...options, device: 'cuda', card: options.card ?? (await cardOf(place)) }),
  };
}

/** The cards that are named by `CFLOW_CUDA_DEVICE`, in that order; else all, those with most room first. */
async function cardsToUse(): Promise<readonly number[]> {
  const cards = await cudaCards();
  const wanted = process.env.CFLOW_CUDA_DEVICE;
  return wanted ? chosenCards(wanted, cards) : freestCards(cards);
}

async function cardName(): Promise<string | undefined> {
  const [first] = await readdir(CARDS).catch(() => []);
  if (first === undefined) return undefined;
  const information = await readFile(join(CARDS, first, 'information'), 'utf8').catch(() => '');
  return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim();
}
