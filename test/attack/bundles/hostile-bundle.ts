import { backboneHash, manifestBytes, parseManifest, sha256Hex } from '@cflow/detector';
import { BUNDLE_FILES, type BundleManifest } from '@cflow/spec';

/** A bundle that nobody should run, made of one that is right. */
export interface HostileBundle {
  /** What it does. */
  what: string;
  /** What its refusal has to name, so that it is refused for this, and not for something else. */
  names: RegExp;
  /** Changes the files of a whole bundle; they are listed anew in the manifest afterwards. */
  spoil(files: Map<string, Uint8Array>): void | Promise<void>;
}

/** A bundle with other files, and a manifest in which every hash is right. */
export async function changedBundle(
  bundle: ReadonlyMap<string, Uint8Array>,
  change: HostileBundle['spoil'],
): Promise<Map<string, Uint8Array>> {
  const files = new Map(bundle);
  await change(files);
  return sealed(files);
}

async function sealed(files: Map<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
  const manifest = await parseManifest(files.get(BUNDLE_FILES.manifest) as Uint8Array, 'hostile');
  const listed: BundleManifest['files'] = {};
  for (const [name, bytes] of files) {
    if (name !== BUNDLE_FILES.manifest)
      listed[name] = { sha256: await sha256Hex(bytes), bytes: bytes.length };
  }
  const [model, weights] = [BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights].map(
    (name) => listed[name]?.sha256 as string,
  );
  const backbone = { ...manifest.backbone, sha256: await backboneHash(model as string, weights as string) };
  files.set(BUNDLE_FILES.manifest, await manifestBytes({ ...manifest, backbone, files: listed }));
  return files;
}
