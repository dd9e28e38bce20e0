import type { Effort } from '../alternate.js';

/** A tapped layer: its name, its channels, and the pixels per position. */
export type ScoreLayer = readonly [name: string, channels: number, stride: number];

/** One thing to score: a backbone's decoders alone, or with the backbone. */
export interface ScoreCase {
  name: string;
  /** An architecture of ours, and the same in timm. */
  backbone: string;
  timm: string;
  /** Tapped layers, by names that both know. */
  layers: readonly ScoreLayer[];
  /** Height and width in pixels. */
  size: number;
  batch: number;
  /** Whether the backbone is timed too. */
  whole: boolean;
  /** Default: decoders, as the peers have. `memory`: what a training makes by default, on the same network. */
  method?: 'memory';
  couplingBlocks: number;
  effort: Effort;
}

type Network = Pick<ScoreCase, 'backbone' | 'timm' | 'layers'>;

const RESNET18: Network = {
  backbone: 'resnet18',
  timm: 'resnet18',
  layers: [
    ['layer2', 128, 8],
    ['layer3', 256, 16],
    ['layer4', 512, 32],
  ],
};
const MOBILENET: Network = {
  backbone: 'mobilenet_v2',
  timm: 'mobilenetv2_100',
  layers: [
    ['blocks.2', 32, 8],
    ['blocks.4', 96, 16],
    ['blocks.6', 320, 32],
  ],
};
const WIDE_RESNET50: Network = {
  backbone: 'wide_resnet50_2',
  timm: 'wide_resnet50_2',
  layers: [
    ['layer2', 512, 8],
    ['layer3', 1024, 16],
    ['layer4', 2048, 32],
  ],
};

export const SCORE_CASES: readonly ScoreCase[] = [
  ...[RESNET18, MOBILENET, WIDE_RESNET50].flatMap((network) => scoreCases(network, false)),
  ...[RESNET18, MOBILENET, WIDE_RESNET50].flatMap((network) => scoreCases(network, true)),
  ...[RESNET18, MOBILENET, WIDE_RESNET50].flatMap((network) => memoryCases(network)),
];

/** For a look at whether it works: too short to tell anything. */
export const QUICK_SCORE_CASE: ScoreCase = {
  ...RESNET18,
  name: 'score/quick',
  // The deepest map would have fewer fibers than the reference takes at once.
  layers: RESNET18.layers.slice(0, 2),
  size: 128,
  batch: 1,
  whole: true,
  couplingBlocks: 2,
  effort: { seconds: 0, minRounds: 2, maxRounds: 2 },
};

function memoryCases(network: Network): ScoreCase[] {
  return scoreCases(network, true).map((each) => ({
    ...each,
    name: each.name.replace('/image/', '/memory/'),
    method: 'memory',
  }));
}

function scoreCases(network: Network, whole: boolean): ScoreCase[] {
  return [1, 8].map((batch) => ({
    ...network,
    name: `score/${whole ? 'image' : 'decoders'}/${network.backbone}/batch-${batch}`,
    size: 256,
    batch,
    whole,
    couplingBlocks: 8,
    effort: { seconds: batch === 1 ? 8 : 12, minRounds: 3, maxRounds: 25 },
  }));
}
