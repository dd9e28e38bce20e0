import type { DetectorConfiguration } from '@cflow/spec';

/** What determines a decoder's shape and meaning. */
export interface DecoderShape {
  kind: DetectorConfiguration['decoder'];
  /** Channels C of the features. */
  channels: number;
  /** Length P of the condition; 0 for the decoder without one. */
  conditionVector: number;
  couplingBlocks: number;
  clampAlpha: number;
  permuteSoft: boolean;
}

/** Sizes inside one coupling block. */
export interface BlockSizes {
  /** Channels that pass unchanged and steer the others: C - ⌊C/2⌋. */
  passive: number;
  /** Channels that are scaled and shifted: ⌊C/2⌋. */
  active: number;
  /** Width of the subnet's hidden layer: twice its input. */
  hidden: number;
}

export function blockSizes({ channels, conditionVector }: DecoderShape): BlockSizes {
  const active = Math.floor(channels / 2);
  const passive = channels - active;
  return { passive, active, hidden: 2 * (passive + conditionVector) };
}

/** The decoder for features of `channels` channels under a configuration. */
export function decoderShape(configuration: DetectorConfiguration, channels: number): DecoderShape {
  const { decoder, conditionVector, couplingBlocks, clampAlpha, permuteSoft } = configuration;
  return {
    kind: decoder,
    channels,
    conditionVector: decoder === 'freia-cflow' ? conditionVector : 0,
    couplingBlocks,
    clampAlpha,
    permuteSoft,
  };
}

/**
 * Names and shapes of a decoder's trainable parameters, in the reference's names and layout
 * (`Linear.weight` is `[out, in]`; the subnet's input is the passive channels, then the condition).
 */
export function trainableShapes(shape: DecoderShape): [name: string, dims: number[]][] {
  const { passive, active, hidden } = blockSizes(shape);
  const { channels, conditionVector } = shape;
  return Array.from({ length: shape.couplingBlocks }, (_, block): [string, number[]][] => {
    const prefix = `module_list.${block}`;
    return [
      [`${prefix}.global_scale`, [1, channels]],
      [`${prefix}.global_offset`, [1, channels]],
      [`${prefix}.subnet.0.weight`, [hidden, passive + conditionVector]],
      [`${prefix}.subnet.0.bias`, [hidden]],
      [`${prefix}.subnet.2.weight`, [2 * active, hidden]],
      [`${prefix}.subnet.2.bias`, [2 * active]],
    ];
  }).flat();
}

/** Names and shapes of the permutations: an index, or a rotation where the permutation is soft. Never trained. */
export function permutationShapes(shape: DecoderShape): [name: string, dims: number[]][] {
  const { channels, permuteSoft } = shape;
  return Array.from({ length: shape.couplingBlocks }, (_, block) => [
    permuteSoft ? `module_list.${block}.w_perm` : `module_list.${block}.w_perm_index`,
    permuteSoft ? [channels, channels] : [channels],
  ]);
}
