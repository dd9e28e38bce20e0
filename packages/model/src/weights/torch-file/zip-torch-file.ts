import { WeightsError } from '@cflow/spec';
import { unzipSync } from 'fflate';
import { isAllowedName } from './allowed-names.js';
import { persistentStorage } from './persistent-storage.js';
import { damaged } from './pickle-reader.js';
import { readPickle } from './read-pickle.js';
import type { TorchFile } from './torch-file.js';

/** Of one archive. A network of a thousand layers has some five thousand. */
const MOST_ENTRIES = 100_000;

/**
 * A file of `torch.save` as it is written since torch 1.6: a ZIP archive of `<name>/data.pkl` and `<name>/data/<key>`, none of
 * them compressed.
 * @throws WeightsError
 */
export function readZipTorchFile(bytes: Uint8Array): TorchFile {
  const entries = storedEntries(bytes);
  const pickles = [...entries.keys()].filter((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw new WeightsError(
      `the archive has ${pickles.length} entries "data.pkl", and a file of torch.save has one; TorchScript and other archives ` +
        'are not read',
    );
  }
  if (entries.has(pickle.replace(/data\.pkl$/, 'constants.pkl'))) {
    throw new WeightsError(
      'the file is TorchScript, which is a program: save the state dict of the model instead',
    );
  }
  const folder = pickle.slice(0, -'data.pkl'.length);
  const { value } = readPickle(entries.get(pickle) as Uint8Array, 0, {
    allows: isAllowedName,
    persistent: persistentStorage,
  });
  return {
    value,
    bytes: bytes.length,
    bytesOf: ({ key, length }, type) => {
      const found = entries.get(`${folder}data/${key}`);
      if (!found || found.length < length * type.bytes)
        throw damaged(`storage "${key.slice(0, 64)}" is missing or cut`);
      return found;
    },
  };
}

function storedEntries(bytes: Uint8Array): Map<string, Uint8Array> {
  let count = 0;
  let total = 0;
  try {
    const found = unzipSync(bytes, {
      filter: ({ name, originalSize, compression }) => {
        count++;
        total += originalSize;
        // torch stores entries as they are: what is compressed, or larger than its archive, is something else.
        if (compression !== 0 || total > bytes.length || count > MOST_ENTRIES) {
          throw new WeightsError(
            `entry "${name.slice(0, 64)}" of the archive is compressed, or says more than the archive holds: this is not a file of torch.save`,
          );
        }
        return true;
      },
    });
    return new Map(Object.entries(found));
  } catch (cause) {
    if (WeightsError.isInstance(cause)) throw cause;
    throw new WeightsError('the archive is damaged or cut; get the file again', { cause });
  }
}
