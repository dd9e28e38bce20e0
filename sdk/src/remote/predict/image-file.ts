import type { BitmapImage, ImageInput } from '../../detector.js';
import { ArgumentError } from '../../errors.js';
import type { RgbImage } from '../../image.js';
import { blobOf } from '../bytes/blob-of.js';
import type { CallOptions, Transport } from '../http/transport.js';

/** An image that the service itself fetches, from a host that its operator allows. */
export interface ImageAddress {
  url: string;
}

/** An image of a request: what any detector takes, or an address for the service. */
export type RemoteImage = ImageInput | ImageAddress;

/** Whether the service is to fetch it. */
export function isAddress(image: RemoteImage | Blob): image is ImageAddress {
  return typeof (image as ImageAddress)?.url === 'string' && !('arrayBuffer' in image);
}

/** An image as an encoded file. Pixels become a PNG, a URL is fetched. */
export async function imageFile(image: ImageInput, transport: Transport, call: CallOptions): Promise<Blob> {
  if (image instanceof URL) return transport.fetchForeign(image, call);
  const blob = await blobOf(image);
  if (blob) return blob;
  if (typeof image === 'object' && image !== null && 'width' in image) {
    // Loaded by those who have pixels: few do.
    if ('data' in image) return (await import('../bytes/encode-png.js')).encodePng(image as RgbImage);
    if ('close' in image) return drawn(image);
  }
  throw new ArgumentError(
    `expected an image: a Blob, bytes, URL, stream, ImageBitmap, ImageData or RGB pixels; got ${typeof image}`,
  );
}

function drawn(image: BitmapImage): Promise<Blob> {
  if (typeof OffscreenCanvas === 'undefined') {
    throw new ArgumentError('an ImageBitmap needs OffscreenCanvas; give ImageData');
  }
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.drawImage(image as ImageBitmap, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}
