import type { Split } from '@cflow/spec';

/** What a word in the name of a folder or a file says. `filler` says nothing: "images", "parts". */
export type Sense =
  | { role: 'good' | 'bad' | 'unlabelled' | 'ignored' | 'filler' }
  /** `weak` words mean masks only where they stand alone: "labels", but not "missing label". */
  | { role: 'mask'; weak: boolean }
  | { role: 'split'; split: Split };

/** Words that people and tools use, in lower case; of several words, each after a space. */
const GOOD = `
  good | ok | okay | normal | nominal | pass | passed | accept | accepted | intact | undamaged | flawless | conforming | healthy
  no defect | no defects | non defect | non defective | not defective | nondefective | without defect | without defects
  defect free | defects free | defectfree | no anomaly | no anomalies | non anomalous | not anomalous | anomaly free
  not bad | non bad | io | i o | gut
`;
const BAD = `
  bad | ko | ng | nok | no ok | not ok | n ok | non ok | not okay | no good | not good | non good | nogood | notok
  abnormal | non normal | not normal | unnormal | anomaly | anomalies | anomalous | anomal
  defect | defects | defective | defectives | fail | failed | failure | failures | fault | faults | faulty
  reject | rejects | rejected | outlier | outliers | scrap | scrapped | flaw | flaws | flawed | damaged
  nonconforming | non conforming | not conforming | nio | n i o | schlecht | ausschuss
`;
const MASKS =
  'mask | masks | gt | gts | ground truth | ground truths | groundtruth | groundtruths | maske | masken';
const WEAK_MASKS = 'annotation | annotations | label | labels | segmentation | segmentations | seg | segs';
const UNLABELLED = `
  unlabelled | unlabeled | not labelled | not labeled | unknown | unsorted | unclassified | uncategorized | undecided | unsure
  uncertain | rework | reworked | pending | todo | to do | to sort | to label | to check | to review | review
  private | private mixed
`;
const IGNORED = `
  backup | backups | old | archive | archived | tmp | temp | trash | deleted | result | results | output | outputs
  prediction | predictions | heatmap | heatmaps | heat map | heat maps | overlay | overlays
  thumbnail | thumbnails | thumb | thumbs | preview | previews | cache
`;
const FILLERS = `
  image | images | img | imgs | pic | pics | picture | pictures | photo | photos | frame | frames | bild | bilder
  data | dataset | set | sample | samples | part | parts | product | products | item | items | unit | units
  file | files | folder | dir | raw | rgb | original | originals | input | inputs | public | only | for
`;
const SPLITS: Readonly<Record<Split, string>> = {
  train: 'train | training',
  validation: 'validation | valid | val',
  test: 'test | testing | tests | eval | evaluation',
};

/** The table: each word or group of words with what it says. */
export const WORDS: ReadonlyMap<string, Sense> = new Map([
  ...phrases(GOOD, { role: 'good' }),
  ...phrases(BAD, { role: 'bad' }),
  ...phrases(MASKS, { role: 'mask', weak: false }),
  ...phrases(WEAK_MASKS, { role: 'mask', weak: true }),
  ...phrases(UNLABELLED, { role: 'unlabelled' }),
  ...phrases(IGNORED, { role: 'ignored' }),
  ...phrases(FILLERS, { role: 'filler' }),
  ...phrases(SPLITS.train, { role: 'split', split: 'train' }),
  ...phrases(SPLITS.validation, { role: 'split', split: 'validation' }),
  ...phrases(SPLITS.test, { role: 'split', split: 'test' }),
]);

function phrases(list: string, sense: Sense): [string, Sense][] {
  return list
    .split(/[|\n]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '')
    .map((phrase) => [phrase, sense]);
}
