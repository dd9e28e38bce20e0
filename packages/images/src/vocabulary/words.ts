import type { Split } from '@cflow/spec';

/** What a word in the name of a folder or a file says. `filler` says nothing: "images", "parts". */
export type Sense =
  | { role: 'good' | 'bad' | 'unlabelled' | 'ignored' | 'filler' }
  /**
   * `weak` words mean masks only where they stand alone: "labels", but not "missing label". `doubtful` ones mean something
   * else as often, so that what is in the files has to say it.
   */
  | { role: 'mask'; weak: boolean; doubtful: boolean }
  | { role: 'split'; split: Split };

/** Words that people and tools use, in lower case; of several words, each after a space. */
const GOOD = `
  good | ok | okay | normal | nominal | pass | passed | accept | accepted | intact | undamaged | flawless | conforming | healthy
  clean | acceptable | perfect | sound
  no defect | no defects | non defect | non defective | not defective | nondefective | without defect | without defects
  defect free | defects free | defectfree | no anomaly | no anomalies | non anomalous | not anomalous | anomaly free
  not bad | non bad | io | i o | gut
  false call | false calls | false alarm | false alarms | false reject | false rejects | false ng | false nok | false bad
  false defect | false defects | false fail | false fails | false failure | false failures | false fault | false faults
  false positive | false positives | overkill | pseudo defect | pseudo defects | pseudo ng | pseudo nok | pseudo error | pseudo errors
  pseudofehler | pseudo fehler | scheinfehler
  bon | bons | bonne | bonnes | conforme | conformes | sans defaut | sans défaut | bueno | buenos | buena | buenas | sin defecto
  buono | buoni | buona | buone | bom | bons | boa | boas | dobry | dobre | dobra | goed
  bra | godkänd | godkända | godkjent | godkendt | felfri | feilfri | fejlfri | hyvä | hyväksytty | ehjä | jó | hibátlan | megfelelő
  dobrý | dobré | bezchybný | vyhovující | v pořádku | bun | bune | corect | acceptat | iyi | sağlam | hatasız | kusursuz
  добрі | справний | исправен | исправные | без дефектов | καλό | καλά | đạt | tốt | bagus | baik | ผ่าน | ดี
  良品 | 良 | 合格 | 合格品 | 正常 | 正常品 | ok品 | 양품 | 정상 | годен | годные | хорошие
`;
const BAD = `
  bad | ko | ng | nok | def | no ok | not ok | n ok | non ok | not okay | no good | not good | non good | nogood | notok
  abnormal | non normal | not normal | unnormal | anomaly | anomalies | anomalous | anomal
  defect | defects | defective | defectives | fail | failed | failure | failures | fault | faults | faulty
  reject | rejects | rejected | outlier | outliers | scrap | scrapped | flaw | flaws | flawed | damaged
  nonconforming | non conforming | not conforming | nio | n i o | schlecht | ausschuss | ausschuß | fehler | fehlerhaft | defekt | defekte
  mauvais | mauvaise | mauvaises | defaut | defauts | défaut | défauts | defectueux | défectueux | rebut | rebuts | malo | malos
  mala | malas | defecto | defectos | defectuoso | defectuosos | rechazado | rechazados | difetto | difetti | difettoso | difettosi
  scarto | scarti | defeito | defeitos | defeituoso | defeituosos | wada | wady | wadliwy | wadliwe | braki | slecht | no conforme
  non conforme | non conformes | no conformes | não conforme
  dålig | dåliga | underkänd | underkända | felaktig | trasig | defekter | dårlig | dårlige | feil | ikke godkjent | fejl | kasseret
  ikke godkendt | viallinen | vialliset | virheellinen | hylätty | vika | rossz | hibás | selejt | selejtes | hiba | hibák
  špatný | špatné | vadný | vadné | vada | vady | zmetek | zmetky | chyba | rău | rebutat | rebuturi | respins
  hatalı | kusurlu | bozuk | hata | ret | поганий | погані | бракований | дефектний | дефекти | дефектные | бракованные
  κακό | ελαττωματικό | lỗi | hỏng | không đạt | cacat | rusak | gagal | เสีย | ไม่ผ่าน
  不良品 | 不良 | 缺陷 | 异常 | 異常 | 異常品 | 不合格 | 不合格品 | 次品 | 欠陥 | 欠陥品 | ng品 | 불량 | 불량품 | 이상 | брак | дефект | дефекты
`;
const MASKS = `
  mask | masks | gt | gts | ground truth | ground truths | groundtruth | groundtruths
  binary mask | binary masks | pixel mask | pixel masks | masks machine | masks human | segmentation class | segmentation object
  maske | masken | máscara | máscaras | maschera | maschere | maska | maski | masky | маска | маски | 掩码 | 掩膜 | 掩模 | 蒙版 | マスク | マスク画像 | 마스크
`;
/** Products and places, too: mascara, a plant of three letters. */
const DOUBTFUL_MASKS = 'msk | truth | masque | masques | mascara | mascaras | masker | maskers';
const WEAK_MASKS =
  'annotation | annotations | anno | annos | label | labels | lbl | segmentation | segmentations | seg | segs';
const UNLABELLED = `
  unlabelled | unlabeled | not labelled | not labeled | unknown | unsorted | unclassified | uncategorized | undecided | unsure
  uncertain | rework | reworked | pending | todo | to do | to sort | to label | to check | to review | review
  private | private mixed | maybe | borderline | doubtful | ambiguous | questionable | quarantine | quarantined | on hold
  unbekannt | unsortiert | unklar | nacharbeit | grenzfall | grenzfälle | inconnu | inconnus | non classé | non classés | à trier
  desconocido | desconocidos | sin clasificar | sconosciuto | sconosciuti | da classificare | desconhecido | desconhecidos
  onbekend | nieznane | okänd | okända | неизвестно | неизвестные | не размечено
  未分類 | 未検査 | 要確認 | 保留 | 未分类 | 未标注 | 未知 | 待定 | 待检 | 返工 | 미분류 | 미검사 | 보류
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
  jpeg | jpg | png | bmp | tif | tiff | high def | hi def
`;
const SPLITS: Readonly<Record<Split, string>> = {
  train: `
    train | training | entrenamiento | entraînement | entrainement | apprentissage | addestramento | treinamento | treino
    trening | uczenie | обучение | 训练 | 训练集 | 訓練 | 学習 | 학습 | 훈련
  `,
  validation: `
    validation | valid | val | validierung | validación | validacion | validazione | validação | validacao | walidacja
    валидация | 验证 | 验证集 | 検証 | 검증
  `,
  test: `
    test | testing | tests | eval | evaluation | prueba | pruebas | teste | testes | тест | 测试 | 测试集 | テスト | 評価 | 테스트 | 평가
  `,
};

/** The table: each word or group of words with what it says. */
export const WORDS: ReadonlyMap<string, Sense> = new Map([
  ...phrases(GOOD, { role: 'good' }),
  ...phrases(BAD, { role: 'bad' }),
  ...phrases(MASKS, { role: 'mask', weak: false, doubtful: false }),
  ...phrases(DOUBTFUL_MASKS, { role: 'mask', weak: false, doubtful: true }),
  ...phrases(WEAK_MASKS, { role: 'mask', weak: true, doubtful: true }),
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
