import type { Architecture } from './architecture.js';
import { traceArchitecture } from './trace.js';

/** A backbone as a list shows it. */
export interface BackboneDescription {
  name: string;
  /** The model whose weights `cflow backbone pull` fetches for it; undefined: it brings its own. */
  timm: string | undefined;
  /** Shallow to deep. */
  layers: readonly LayerDescription[];
  /** More names that can be tapped. */
  otherLayers: readonly string[];
  defaultLayers: readonly string[];
  /** Numbers of the feature extractor, without a classifier. */
  parameters: number;
}

export interface LayerDescription {
  name: string;
  channels: number;
  /** Input pixels per position of the map. */
  stride: number;
}

// Divisible by every stride.
const SIZE = 256;

export function describeArchitecture(architecture: Architecture): BackboneDescription {
  const { name, timm, otherLayers, defaultLayers } = architecture;
  const trace = traceArchitecture(architecture, 'torchvision', [SIZE, SIZE]);
  const usual = new Set(architecture.layers);
  const layers = trace.layers
    .filter((layer) => usual.has(layer.name))
    .map((layer) => ({ name: layer.name, channels: layer.channels, stride: SIZE / layer.height }));
  return { name, timm, layers, otherLayers, defaultLayers, parameters: trace.parameters };
}
