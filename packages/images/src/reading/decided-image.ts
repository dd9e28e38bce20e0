import type { DataSetItem } from '@cflow/spec';
import type { PlacedImage } from './placed.js';

/** An image with everything decided. */
export interface DecidedImage extends Omit<PlacedImage, 'split'> {
  split: DataSetItem['split'];
  from: PlacedImage;
}
