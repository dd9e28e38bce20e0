/** A compiled `WebAssembly.Module`. */
declare module '*.wasm' {
  const module: object;
  // biome-ignore lint/style/noDefaultExport: this is how the runtime gives it
  export default module;
}
