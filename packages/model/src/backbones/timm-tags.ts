// What timm's tags say about the weights on the hub. Source: the pretrained_cfg of timm 1.0.31.
import { IMAGENET, type PixelNormalization, SYMMETRIC } from './architecture.js';

/** Pixels to [0, 1]. */
const UNIT: PixelNormalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };

const APACHE =
  /^((a1|a1h|a2|a3|am|b1k|b2k|bt|c1|c2|d|gluon|ra|racm|ram|ra4_e3600_r224)_in1k|miil_in21k(_ft_in1k)?)$/;

/** TensorFlow's own weights: their tag says only what they were trained on. */
const TF_LITE = /^tf_efficientnet_lite[0-4]\.in1k$/;

/**
 * The normalization that the weights of a timm name such as `resnet34.ra4_e3600_r224_in1k` were trained with.
 * @param usual what the architecture's weights are trained with where the tag says nothing else
 */
export function timmNormalization(name: string, usual: PixelNormalization = IMAGENET): PixelNormalization {
  const tag = tagOf(name);
  if (tag.startsWith('ra4_')) return SYMMETRIC;
  return tag.startsWith('miil_') ? UNIT : usual;
}

/** The SPDX licence of a timm name's weights; null for a tag not known here, or none. */
export function timmLicence(name: string): string | null {
  const tag = tagOf(name);
  if (/^fb_s?w?sl_/.test(tag)) return 'CC-BY-NC-4.0';
  if (/^tv2?_in1k$/.test(tag)) return 'BSD-3-Clause';
  return APACHE.test(tag) || TF_LITE.test(name) ? 'Apache-2.0' : null;
}

function tagOf(name: string): string {
  const [, tag = ''] = name.split('.');
  return tag;
}
