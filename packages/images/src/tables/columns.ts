/** What the columns of a table hold, by their names as this and other tools write them. */
export interface TableColumns {
  path: string;
  label: string | undefined;
  /** Where no other holds labels, those that may by their names, or hold something else: their cells tell. */
  weakLabels: readonly string[];
  /** Tells bad from good by yes and no; `inverted`: yes means good. */
  flag: { name: string; inverted: boolean } | undefined;
  split: string | undefined;
  mask: string | undefined;
  defect: string | undefined;
}

/** Names of letters and digits alone; of several that a table has, the first counts. */
const PATHS = [
  ...[
    'imagepath',
    'imgpath',
    'imagefile',
    'imagefilename',
    'sourceref',
    'filepath',
    'path',
    'image',
    'img',
    'filename',
    'file',
  ],
  ...['imagename', 'imgname', 'picture', 'photo', 'uri', 'name'],
  ...[
    'bild',
    'bilddatei',
    'bildpfad',
    'datei',
    'dateiname',
    'pfad',
    'fichier',
    'chemin',
    'imagen',
    'archivo',
    'ruta',
  ],
  ...['immagine', 'percorso', 'imagem', 'arquivo', 'caminho', 'obraz', 'plik', 'afbeelding', 'bestand'],
  ...[
    'файл',
    'путь',
    '文件名',
    '文件',
    '图片',
    '图像',
    '路径',
    '画像',
    'ファイル名',
    'ファイル',
    '파일',
    '파일명',
    '이미지',
  ],
];
const LABELS = [
  'label',
  'labels',
  'labelname',
  'target',
  'verdict',
  'quality',
  'y',
  ...[
    'result',
    'ergebnis',
    'befund',
    'bewertung',
    'urteil',
    'étiquette',
    'etiquette',
    'résultat',
    'resultat',
  ],
  ...[
    'etiqueta',
    'resultado',
    'etichetta',
    'risultato',
    'rótulo',
    'etykieta',
    'wynik',
    'resultaat',
    'judgement',
    'judgment',
  ],
  ...['метка', 'результат', '标签', '结果', '判定', 'ラベル', '結果', '라벨', '판정', '결과'],
];
/** What may be a label, or say anything else of an image: of which kind of product it is, how it was taken. */
const WEAK_LABELS = [
  'class',
  'classname',
  'status',
  'klasse',
  'classe',
  'clase',
  'klasa',
  'category',
  'classification',
  'choice',
  'condition',
  'класс',
  '类别',
];
const BAD_FLAGS = [
  ...[
    'labelindex',
    'isanomaly',
    'isanomalous',
    'anomaly',
    'anomalous',
    'anomalylabel',
    'isbad',
    'bad',
    'isdefective',
    'isdefect',
  ],
  ...['defective', 'abnormal', 'isabnormal', 'gtlabel', 'labelid'],
];
const GOOD_FLAGS = ['isgood', 'good', 'isok', 'ok', 'isnormal', 'normal'];
const SPLITS = ['split', 'subset', 'partition', 'set', 'phase'];
const MASKS = [
  ...[
    'maskpath',
    'mask',
    'maskfile',
    'maskfilename',
    'groundtruth',
    'groundtruthpath',
    'gtpath',
    'gt',
    'gtmask',
    'gtmaskpath',
  ],
  ...['anomalymaskref', 'segmentation', 'annotation', 'annotationpath', 'maskpaths', 'masks'],
  ...['maske', 'maskendatei', 'maskenpfad', 'masque', 'máscara', 'mascara', 'maschera', 'maska', 'masker'],
];
const DEFECTS = [
  'defect',
  'defecttype',
  'defectclass',
  'defectname',
  'anomalytype',
  'anomalyclass',
  'kind',
  'type',
  'specietype',
  ...[
    'fehler',
    'fehlerart',
    'defekt',
    'fehlertyp',
    'défaut',
    'defaut',
    'defecto',
    'difetto',
    'defeito',
    'wada',
  ],
];

const KNOWN: ReadonlySet<string> = new Set(
  [PATHS, LABELS, WEAK_LABELS, BAD_FLAGS, GOOD_FLAGS, SPLITS, MASKS, DEFECTS].flat(),
);

/** Whether a column of this name, in lower case, may say something of an image. */
export const isKnownColumn = (name: string): boolean => KNOWN.has(plainName(name));

/** What yes in a column of this name says. */
export function flagOf(name: string): 'good' | 'bad' | undefined {
  const plain = plainName(name.toLowerCase());
  if (BAD_FLAGS.includes(plain)) return 'bad';
  return GOOD_FLAGS.includes(plain) ? 'good' : undefined;
}

const plainName = (name: string): string => name.replace(/[^\p{L}\p{N}\p{M}]+/gu, '');

/** The names of all columns that say something of an image. */
export function namesOf({ path, label, weakLabels, flag, split, mask, defect }: TableColumns): string[] {
  return [path, label, ...weakLabels, flag?.name, split, mask, defect].filter((name) => name !== undefined);
}

/** The columns of a table that lists images, or undefined where none holds their paths, or nothing says anything of them. */
export function tableColumns(columns: readonly string[]): TableColumns | undefined {
  const plain = new Map(columns.map((name) => [plainName(name), name]));
  const all = (names: readonly string[]): string[] =>
    names.map((name) => plain.get(name)).filter((name) => name !== undefined);
  const first = (names: readonly string[]): string | undefined => all(names)[0];
  const path = first(PATHS);
  const bad = first(BAD_FLAGS);
  const good = bad === undefined ? first(GOOD_FLAGS) : undefined;
  const strong = first(LABELS);
  const weakLabels = strong === undefined ? all(WEAK_LABELS) : [];
  const label = strong ?? weakLabels[0];
  const split = first(SPLITS);
  if (path === undefined || (label ?? bad ?? good ?? split) === undefined) return undefined;
  const name = bad ?? good;
  return {
    path,
    label,
    weakLabels,
    flag: name === undefined ? undefined : { name, inverted: bad === undefined },
    split,
    mask: first(MASKS),
    defect: first(DEFECTS),
  };
}

/** The columns that are asked for, in words for an error. */
export const TABLE_EXPECTS =
  'a table with a header, a column path (or image_path, image, file) and a column label (or label_index, is_anomaly), and perhaps split, mask and defect';
