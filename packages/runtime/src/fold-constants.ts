/** Entries of a session's configuration, below `optimization`: the engine rewrites graphs, but computes no constants. */
export const WITHOUT_FOLDING = { disable_specified_optimizers: 'ConstantFolding' } as const;
