// The builds put the bytes of a .wasm file in place of its import.
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  // biome-ignore lint/style/noDefaultExport: this is how builds give them
  export default bytes;
}
