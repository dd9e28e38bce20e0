import { ARCHITECTURES, type Architecture, embeddedArchitecture } from '@cflow/model';
import { loadEmbeddedBackbone } from '@cflow/model/node';
import { printLine } from '../terminal/output.js';

/** Prints the built-in architectures. */
export async function listBackbones({ json, verbose }: { json?: true; verbose?: true }): Promise<void> {
  const embedded = embeddedArchitecture((await loadEmbeddedBackbone()).graph);
  const all = [embedded, ...ARCHITECTURES];
  if (json) {
    for (const { name, layers, otherLayers, defaultLayers } of all) {
      printLine(
        JSON.stringify({ name, layers, otherLayers, defaultLayers, needsWeights: name !== 'embedded' }),
      );
    }
    return;
  }
  for (const architecture of all)
    for (const line of describe(architecture, verbose ?? false)) printLine(line);
  printLine(
    '"embedded" brings its weights; the others take a safetensors file (--weights) in the key layout of',
  );
  printLine('timm or torchvision, which "cflow backbone pull <timm name>" fetches, or --no-pre-trained.');
}

const SHOWN = 8;

function describe({ name, layers, otherLayers, defaultLayers }: Architecture, verbose: boolean): string[] {
  const more =
    !verbose && layers.length > SHOWN ? `, ... (${layers.length} in all; --verbose shows them)` : '';
  const listed = verbose ? [...layers, ...otherLayers] : layers.slice(0, SHOWN);
  return [
    `${name}${name === 'embedded' ? '  (default; MobileNetV2, Apache-2.0, comes with the package)' : ''}`,
    `  taps    ${defaultLayers.join(', ')}`,
    `  layers  ${listed.join(', ')}${more}`,
    '',
  ];
}
