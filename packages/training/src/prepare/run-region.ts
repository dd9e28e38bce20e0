import { regionPlaces } from '@cflow/images';
import { regionTensor } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { PictureRegion } from '@cflow/spec';

/** The region that a run is about, as its head takes it. */
export function runRegion(region: PictureRegion): Tensor {
  return regionTensor(regionPlaces(region), [region.height, region.width]);
}
