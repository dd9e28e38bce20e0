import { join } from 'node:path';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { downloadFile, type FileDownloadInfoOutput, fileDownloadInfo, pathsInfo } from '@huggingface/hub';
import { cacheFolder } from './cache-folder.js';
import { matches, readReference, referencePath, repositoryFolder } from './hub-cache.js';
import { downloadTo, type PullProgress } from './hub-download.js';
import { byHand, HubRequests, type HubTarget, hubEndpoint } from './hub-requests.js';
import { writeAtomically } from './write-atomically.js';

export interface PullBackboneOptions {
  /** Branch, tag or commit. Default 'main'. */
  revision?: string;
  /** Default: {@link cacheFolder}. */
  cacheDir?: string;
  /** Default: `$HF_ENDPOINT`, else https://huggingface.co. */
  endpoint?: string;
  /** Sent to the endpoint only. Default: `$HF_TOKEN`. */
  token?: string;
  /** Ask the hub even when the cache has this revision, since a branch moves. Default false. */
  refresh?: boolean;
  fetch?: typeof fetch;
  onProgress?: (progress: PullProgress) => void;
  signal?: AbortSignal;
}

export interface PulledBackbone {
  /** The safetensors file in the cache. */
  path: string;
  /** `timm/<name>` */
  repository: string;
  revision: string;
  sha256: string;
  /** Bytes. */
  size: number;
  fromCache: boolean;
}

const FILE = 'model.safetensors';
// The largest image backbones of timm; also what one Buffer holds.
const MAX_BYTES = 4 * 2 ** 30;

/**
 * Fetches the safetensors weights of a timm model from the Hugging Face hub into the cache and checks them against the
 * hub's SHA-256. What the cache has is checked again and given without any request.
 *
 * @param timmName Such as `resnet18.a1_in1k`, which is the repository `timm/resnet18.a1_in1k`; with a slash it is
 * taken as the repository itself.
 * @throws WeightsError with what to do: no such repository or file, a token is needed, no network (retryable), a wrong
 * hash. StorageError: the disk is full, the cache folder not permitted. ConfigurationError: a name or an endpoint that
 * cannot be. The signal's reason when aborted. In all cases the cache is as it was.
 */
export async function pullBackbone(
  timmName: string,
  options: PullBackboneOptions = {},
): Promise<PulledBackbone> {
  const { revision = 'main', signal } = options;
  const endpoint = hubEndpoint(options.endpoint ?? (process.env.HF_ENDPOINT || 'https://huggingface.co'));
  const target: HubTarget = { endpoint, repository: repositoryOf(timmName), revision, file: FILE };
  const folder = repositoryFolder(options.cacheDir ?? cacheFolder(), target);
  const found = { repository: target.repository, revision };
  const reference = referencePath(folder, target);
  if (!options.refresh) {
    const cached = await readReference(reference, target, folder, signal);
    if (cached) return { ...found, ...cached, fromCache: true };
  }
  const requests = new HubRequests(target, {
    token: (options.token ?? process.env.HF_TOKEN) || undefined,
    fetch: options.fetch,
    signal,
  });
  const info = await fileInfo(target, requests);
  const path = join(folder, `${info.sha256}.safetensors`);
  const held = await matches(path, info.sha256, signal);
  if (!held) {
    // Plain HTTP rather than the Xet protocol: one stream that mirrors understand, and the hash is checked anyway.
    const request = {
      repo: target.repository,
      path: FILE,
      revision,
      hubUrl: endpoint,
      fetch: requests.fetch,
    };
    const blob = await downloadFile({ ...request, xet: false, downloadInfo: info });
    if (!blob) throw new WeightsError(`${target.repository} has no file ${FILE}`);
    await writeAtomically(path, async (file) => {
      const actual = await downloadTo(file, blob, target, requests, {
        signal,
        onProgress: options.onProgress,
      });
      if (actual !== info.sha256) throw wrongHash(target, info.sha256, actual);
    });
  }
  const { sha256, size } = info;
  await writeAtomically(reference, async (file) => {
    await file.writeFile(`${JSON.stringify({ ...target, sha256, size })}\n`);
  });
  return { ...found, path, sha256, size, fromCache: held };
}

/** Size, address and SHA-256, from the hub's answer about the file, or where a redirect hides it, from its tree. */
async function fileInfo(
  target: HubTarget,
  requests: HubRequests,
): Promise<FileDownloadInfoOutput & { sha256: string }> {
  const { endpoint, repository, revision } = target;
  const request = { repo: repository, revision, hubUrl: endpoint, fetch: requests.fetch };
  try {
    const info = await fileDownloadInfo({ ...request, path: FILE });
    let sha256 = /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(info?.etag ?? '')?.[1];
    sha256 ??= (await pathsInfo({ ...request, paths: [FILE] }))[0]?.lfs?.oid;
    if (!info || !/^[0-9a-f]{64}$/.test(sha256 ?? '') || !(info.size > 0 && info.size <= MAX_BYTES)) {
      throw new Error(`size ${info?.size}, SHA-256 ${sha256}`);
    }
    return { ...info, sha256: sha256 as string };
  } catch (cause) {
    if (requests.failure !== undefined) throw requests.failure;
    throw new WeightsError(
      `${endpoint} does not give the size (at most ${MAX_BYTES} bytes) and the SHA-256 of ${FILE} in ${repository}, so it could ` +
        `not be checked: is it a Hugging Face hub? ${byHand(target)}`,
      { details: { ...target }, cause },
    );
  }
}

function repositoryOf(timmName: string): string {
  const repository = timmName.includes('/') ? timmName : `timm/${timmName}`;
  if (!/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/.test(repository) || repository.includes('..')) {
    throw new ConfigurationError(
      `"${timmName.slice(0, 200)}" is not the name of a timm model, such as resnet18.a1_in1k`,
    );
  }
  return repository;
}

function wrongHash(target: HubTarget, expected: string, found: string): WeightsError {
  return new WeightsError(
    `${FILE} of ${target.repository} arrived with SHA-256 ${found}, the hub says ${expected}: it was damaged on the way, or changed ` +
      `meanwhile. Nothing was kept; try again. ${byHand(target)}`,
    { retryable: true, details: { ...target, expected, found } },
  );
}
