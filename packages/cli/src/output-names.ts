/** Names for files made from images: the image's own path with another extension, never one name twice. */
export class OutputNames {
  readonly #taken: Set<string> = new Set();

  /** @param extension with its dot, e.g. `.png` or `.map.png` */
  take(imageName: string, extension: string): string {
    const stem = imageName.replace(/\.[^./]*$/, '');
    let name = stem + extension;
    for (let i = 2; this.#taken.has(name.toLowerCase()); i++) name = `${stem}-${i}${extension}`;
    // Some file systems do not tell upper case from lower.
    this.#taken.add(name.toLowerCase());
    return name;
  }
}
