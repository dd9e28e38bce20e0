import { describe, expect, it } from 'vitest';
import { maskName } from './mask-name.js';
import { meaningOf } from './meaning-of.js';
import { isSystemFile, isSystemFolder } from './system-files.js';
import { WORDS } from './words.js';

describe('the meaning of a folder', () => {
  it.each([
    [
      'good',
      'good ok OK Good normal Normal okay pass PASSED accepted nominal io i.O. gut no_defect defect-free',
    ],
    ['good', 'bon Buenos buoni dobre 良品 合格 OK品 양품 conforme'],
    [
      'good',
      'good_images OK_parts 01_good normal_dir GoodParts OKImages NonDefective not_defective anomaly_free',
    ],
    [
      'bad',
      'bad ko NG nok NOK n.i.O. not_ok no_good defect defects Defective anomaly Anomalies anomalous abnormal',
    ],
    ['good', 'Clean clean_parts godkänd jó hibátlan dobré bun iyi справний đạt baik ผ่าน'],
    ['bad', 'underkänd viallinen hibás zmetky rebutat hatalı бракований lỗi rusak เสีย "không đạt"'],
    ['bad', 'mauvais malos difettosi wadliwe 不良品 缺陷 NG品 불량 Fehler défaut no_conforme scratch_défaut'],
    [
      'bad',
      'reject rejects rejected fail failed faulty outlier abnormal_dir bad_parts 1_defect scratch_defect',
    ],
    [
      'mask',
      'mask masks Masks gt GT ground_truth groundtruth GroundTruth "ground truth" annotations labels segmentation',
    ],
    [
      'good',
      'false_calls FalseAlarm overkill "pseudo defects" false_ng FalseDefects pseudo_ng Pseudofehler false_positives',
    ],
    ['bad', 'def def_front Ausschuß braki true_defect'],
    [
      'mask',
      'masques máscaras maschere Maski маски 掩码 マスク 마스크 SegmentationObject binary_masks masks_machine truth msk',
    ],
    [
      'unlabelled',
      'maybe borderline quarantine unbekannt Nacharbeit inconnus desconocidos 미분류 未分类 保留 неизвестно',
    ],
    ['images', 'JPEGImages png entrenamiento prueba treinamento teste 训练集 测试集 テスト'],
    ['mask', 'SegmentationClass mask_dir mask_images defect_masks bad_gt ground-truth_masks label'],
    ['unlabelled', 'unlabelled unlabeled unknown Unsorted rework to_check test_private test_private_mixed'],
    ['ignored', 'backup old tmp results predictions heatmaps thumbnails old_masks'],
    [
      'images',
      'images Images img imgs data photos data_set pictures train test Validation test_public train_images',
    ],
    ['name', 'crack scratch kos01 000 01 red missing_label label_torn bottle good_bad'],
    ['images', 'high_def hi-def_images'],
    ['unclear', 'good_front ok_but_dirty almost_ok normal_map'],
  ])('is %s: %s', (role, names) => {
    for (const name of names.match(/"[^"]+"|\S+/g) ?? []) {
      const plain = name.replaceAll('"', '');
      expect(meaningOf(plain).role, plain).toBe(role);
    }
  });

  it.each([
    ['train', 'train'],
    ['Training', 'train'],
    ['val', 'validation'],
    ['test_public', 'test'],
    ['normal_test', 'test'],
    ['good_test', 'test'],
    ['TestGood', 'test'],
    ['train_ok', 'train'],
    ['test_private_mixed', 'test'],
    ['good', undefined],
    ['testbench', undefined],
  ])('%s is for %s', (name, split) => {
    expect(meaningOf(name).split).toBe(split);
  });

  it('says of words for masks whether they may be something else', () => {
    for (const name of ['mascara', 'black_msk', 'labels', 'Truth', 'good_masques'])
      expect(meaningOf(name).doubtful, name).toBe(true);
    for (const name of ['masks', 'mask_labels', 'ground_truth', 'good', 'crack'])
      expect(meaningOf(name).doubtful, name).toBeUndefined();
  });

  it('says what masks are of', () => {
    expect(meaningOf('crack_masks')).toEqual({ role: 'mask', of: 'crack' });
    expect(meaningOf('masks good')).toEqual({ role: 'mask', of: 'good' });
  });

  it('knows every word of its table by itself', () => {
    for (const [phrase, sense] of WORDS) {
      const { role, split } = meaningOf(phrase.replaceAll(' ', '_'));
      if (sense.role === 'split') expect(split, phrase).toBe(sense.split);
      else expect(role, phrase).toBe(sense.role === 'filler' ? 'images' : sense.role);
    }
  });
});

it.each([
  ['0_mask', ['0'], true],
  ['0.mask', ['0'], true],
  ['part-7 Mask', ['part-7'], true],
  ['0_mask_2', ['0'], true],
  ['0_ground_truth', ['0'], true],
  ['Part0_label', ['Part0'], false],
  ['10_GT', ['10'], false],
  ['mask_0', ['0'], false],
  ['0_seg', ['0'], false],
  ['0_lbl', ['0'], false],
  ['0mask', ['0'], false],
  ['Part0Mask', ['Part0'], false],
  ['0_defect_mask', ['0_defect', '0'], true],
  ['0_truth', ['0'], false, true],
  ['mascara_0', ['0'], false, true],
  ['0_maske', ['0'], false],
  ['маска_0', ['0'], false],
  ['ground_truth_0', ['0'], false],
  ['0_maske_mask', ['0_maske', '0'], true],
  ['part_0_segmentation_mask', ['part_0_segmentation', 'part_0'], true],
])('%s may be the mask of %s', (stem, of, certain, weak = undefined) => {
  expect(maskName(stem)).toEqual({ of, certain, weak });
});

it.each(['0', 'mask', 'masked_man', 'labels2', 'unmasked', 'gt500', 'segment_1'])(
  '%s is not a name of a mask',
  (stem) => {
    expect(maskName(stem)).toBeUndefined();
  },
);

it('knows what file servers and systems leave behind', () => {
  for (const name of [
    '@eaDir',
    '.thumbnails',
    '__MACOSX',
    '#recycle',
    'lost+found',
    '.Trash-1000',
    '.ipynb_checkpoints',
  ]) {
    expect(isSystemFolder(name), name).toBe(true);
  }
  for (const name of [
    '.DS_Store',
    'Thumbs.db',
    'desktop.ini',
    '._0.png',
    'SYNOPHOTO_THUMB_M.jpg',
    '~$table.xlsx',
  ]) {
    expect(isSystemFile(name), name).toBe(true);
  }
  expect([isSystemFolder('good'), isSystemFile('0.png')]).toEqual([false, false]);
});
