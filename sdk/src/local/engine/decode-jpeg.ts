// The decoder of JPEG is a part of its own, loaded with the first JPEG, and so is that of formats that hardly anybody gives a
// page. Its WebAssembly is inside the script, so that there is no second file to find, in Node as little as in a page.
import { type JpegDecoder, mozJpegDecoder } from '@cflow/images/portable';
import wasm from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';

export const decodeJpeg: JpegDecoder = mozJpegDecoder(wasm);
export { decodePlain } from '@cflow/images/portable';
