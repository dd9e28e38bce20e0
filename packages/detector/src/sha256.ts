/** SHA-256 as 64 hexadecimal digits, by the Web Crypto that Node, browsers and workers share. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The hash that tells one backbone from another: over the hashes of its two files. */
export async function backboneHash(modelSha256: string, weightsSha256: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(`${modelSha256}\n${weightsSha256}`));
}
