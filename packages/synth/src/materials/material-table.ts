import { brushedMetal } from './brushed-metal.js';
import { ceramicTile } from './ceramic-tile.js';
import { leather } from './leather.js';
import type { Material } from './material.js';
import type { MaterialName } from './names.js';
import { printedCircuit } from './printed-circuit.js';
import { wood } from './wood.js';
import { wovenFabric } from './woven-fabric.js';

export const materialTable: Readonly<Record<MaterialName, Material>> = {
  'brushed-metal': brushedMetal,
  'woven-fabric': wovenFabric,
  wood,
  'ceramic-tile': ceramicTile,
  leather,
  'printed-circuit': printedCircuit,
};
