import { describeBackbones, findPackageWeights, OFFLINE_BACKBONE } from '@cflow/model/node';
import { DEFAULT_BACKBONE } from '@cflow/spec';
import { formatNumber } from '../../terminal/format.js';
import { printLine } from '../../terminal/output.js';
import { tableLines } from '../../terminal/table.js';

type Description = Awaited<ReturnType<typeof describeBackbones>>[number];

/** Prints the built-in backbones: as a table, or each with all its layers, or as JSON lines. */
export async function listBackbones({ json, verbose }: { json?: true; verbose?: true }): Promise<void> {
  const all = await describeBackbones();
  if (json) {
    for (const each of all) printLine(JSON.stringify(each));
    return;
  }
  const columns = [
    { title: 'backbone' },
    { title: 'parameters', align: 'right' as const },
    { title: 'weights to pull' },
    { title: 'taps by default (channels, stride)' },
  ];
  const rows = all.map((each) => [
    each.name,
    `${formatNumber(each.parameters / 1e6)} M`,
    findPackageWeights(each.name)?.architecture ?? each.timm ?? 'none: brings its own',
    each.defaultLayers.map((name) => tap(each, name)).join(', '),
  ]);
  for (const line of tableLines(columns, rows)) printLine(line);
  if (verbose) for (const each of all) for (const line of layerLines(each)) printLine(line);
  printLine();
  printLine(
    `Training uses ${DEFAULT_BACKBONE} where none is named, fetched on first use, or ${OFFLINE_BACKBONE} where it cannot be fetched.`,
  );
  printLine(
    `${verbose ? '' : '--verbose lists all layers. '}Any other network: --backbone FILE.onnx --layers TENSORS`,
  );
}

function tap({ layers }: Description, name: string): string {
  const layer = layers.find((each) => each.name === name);
  return layer ? `${name} (${layer.channels}, ${layer.stride})` : name;
}

function layerLines({ name, layers, otherLayers }: Description): string[] {
  return [
    '',
    name,
    ...layers.map((layer) => `  ${layer.name}: ${layer.channels} channels, stride ${layer.stride}`),
    ...(otherLayers.length > 0 ? [`  also: ${otherLayers.join(', ')}`] : []),
  ];
}
