import { writeSafetensors } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';

/** The golden probe: an image with all that this device makes of it. */
export async function makeProbe(image: Tensor, backbone: Session, head: Session): Promise<Uint8Array> {
  const outputs = await head.run(await backbone.run({ image }));
  return writeSafetensors(new Map(Object.entries({ image, ...outputs })));
}
