/** Content codings (RFC 9110, section 8.4.1) by their names in Content-Encoding. */
export type ContentCodings = ReadonlyMap<string, () => ContentDecoder>;
/** What undoes a coding: what was sent is written, what was meant is read. */
export interface ContentDecoder {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}
