// Makes the subset of the golden tensors that is kept here from the full set:
//
//   npx tsx test/golden/extract.ts <folder of the full set>
//
// What a comparison feeds in is kept whole. Of what it only compares with, large tensors are kept as every 13th
// element: 13 divides none of the tensors' widths, so every row and column is met. Dense permutations, intermediate
// values and the float32 columns of what is also there in float64 are left out.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { writeSafetensors } from '@cflow/model';
import { elementCount, type Tensor } from '@cflow/onnx';
import { GoldenSet, SAMPLED } from './golden-set.js';

const STRIDE = 13;
const LARGE = 512;

interface Selection {
  /** Fed in, so kept whole. */
  fed: RegExp;
  /** Compared with, so kept as a sample when large. */
  compared: RegExp;
}

const SELECTIONS: Record<string, Selection> = {
  allinone: {
    fed: /^(hard|soft)\.(x|cond|cot_z|cot_ljd|perm_index|param\.(global|subnet).*)$|^soft\.param\.w_perm$/,
    compared: /^(hard|soft)\.(init\..*|z_f64|log_jac_det_f64|grad\..*|freia_head\..*)$/,
  },
  posenc: { fed: /^$/, compared: /\.rows$/ },
  anomaly_map: { fed: /\.logp\d$/, compared: /\.(map_f64|pred_score)$/ },
  train_trace: {
    fed: /^(features\.|init\.(?!.*\.w_perm(_inv)?$)|lr2e-3\.perm\.)/,
    compared: /^(lr2e-3|rem10_lr2e-3|zerograd0_lr2e-3)\.(after|loss_mean_f64$)/,
  },
  cflow_resnet18_tiny: {
    fed: /^(input$|features\.|backbone\.|decoders\.)/,
    compared: /^(log_likelihood\.|(anomaly_map|pred_score)_f64$|single)/,
  },
};

function sample({ type, data }: Tensor): Tensor {
  const kept = (data as Float32Array | Float64Array).filter((_, index) => index % STRIDE === 0);
  return { type, dims: [kept.length], data: kept };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: npx tsx test/golden/extract.ts <folder of the full set>');
const source = new GoldenSet('full', folder);
const target = fileURLToPath(new URL('tensors', import.meta.url));
mkdirSync(target, { recursive: true });
let total = 0;
for (const [name, { fed, compared }] of Object.entries(SELECTIONS)) {
  const file = source.file(name);
  const kept = new Map<string, Tensor>();
  for (const tensorName of file.names) {
    const tensor = file.tensor(tensorName);
    if (fed.test(tensorName)) kept.set(tensorName, tensor);
    else if (!compared.test(tensorName)) continue;
    else if (elementCount(tensor.dims) <= LARGE) kept.set(tensorName, tensor);
    else kept.set(`${tensorName}${SAMPLED}${STRIDE}`, sample(tensor));
  }
  const plain = writeSafetensors(kept);
  const bytes = brotliCompressSync(plain);
  writeFileSync(join(target, `${name}.safetensors.br`), bytes);
  total += bytes.length;
  console.log(
    `${name}: ${kept.size} of ${file.names.length} tensors, ${plain.length} bytes, compressed ${bytes.length}`,
  );
}
console.log(`${total} bytes in all`);
