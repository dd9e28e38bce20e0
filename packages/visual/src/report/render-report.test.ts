import {
  calibrate,
  computeDefectMetrics,
  computeMetrics,
  thresholdForFalseAlarmRate,
} from '@cflow/evaluation';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import { renderReport } from './render-report.js';
import type { GalleryItem, ReportData, ReportPicture } from './report-data.js';

type Element = DefaultTreeAdapterTypes.Element;

/** All elements of the page; any parse error of the HTML standard fails the test. */
function elements(page: string): Element[] {
  const errors: string[] = [];
  const document = parse(page, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine, startCol }) => errors.push(`${code} at ${startLine}:${startCol}`),
  });
  expect(errors).toEqual([]);
  const found: Element[] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('tagName' in node) {
      found.push(node);
      // Elements that need an end tag must have been closed by one, not by the parser.
      const empty =
        ['meta', 'img', 'html', 'head', 'body'].includes(node.tagName) || node.namespaceURI.endsWith('svg');
      if (!empty) expect(node.sourceCodeLocation?.endTag, node.tagName).toBeTruthy();
    }
    if ('childNodes' in node) node.childNodes.forEach(visit);
  };
  visit(document);
  return found;
}
const text = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<\/?(bdi|strong)>/g, '')
    .replace(/<[^>]*>/g, ' ');
const attribute = (element: Element, key: string): string | undefined =>
  element.attrs.find(({ name }) => name === key)?.value;

const picture: ReportPicture = {
  type: 'image/png',
  bytes: Uint8Array.of(137, 80, 78, 71),
  width: 2,
  height: 1,
};
const item = (over: Partial<GalleryItem> = {}): GalleryItem => ({
  name: 'test/crack/000.png',
  label: 'bad',
  defect: 'crack',
  score: 0.25,
  image: picture,
  overlay: picture,
  ...over,
});

it('shows good images where there are none to test on, and pictures that can be enlarged', () => {
  const { scores: _, metrics: _m, defects: _d, mistakes: _w, examples: _e, ...rest } = fullData();
  const page = renderReport({
    ...rest,
    goodImages: {
      scores: Array.from({ length: 30 }, (_, i) => 0.2 + 0.01 * i),
      unusual: [item({ name: 'good/7.png', label: 'good', defect: undefined })],
      views: [{ title: 'Where good parts vary', caption: 'The mean of 24 maps', picture }],
    },
  });
  const shown = elements(page);
  expect(text(page)).toMatch(/Scores of the good images.*The most unusual good images.*good\/7\.png/s);
  expect(text(page)).toMatch(/Good images above it/);
  expect(text(page)).toMatch(/Where good parts vary\s+The mean of 24 maps/);
  expect(shown.filter(({ tagName }) => tagName === 'img')).toHaveLength(3);
  expect(shown.filter((each) => attribute(each, 'class') === 'zoom')).toHaveLength(3);
  expect(shown.filter((each) => attribute(each, 'class') === 'good').length).toBeGreaterThan(5);
  // Of a run with images to test on these say it better.
  expect(text(renderReport(fullData()))).not.toContain('most unusual');
});

function fullData(): ReportData {
  const good = Array.from({ length: 30 }, (_, i) => 0.2 + 0.01 * i);
  const bad = Array.from({ length: 20 }, (_, i) => 0.3 + 0.05 * i);
  const scores = [...good, ...bad];
  const labels = scores.map((_, i) => i >= good.length);
  const calibration = calibrate(good.map((score) => score - 0.005));
  const threshold = thresholdForFalseAlarmRate(calibration, 0.05);
  return {
    title: 'leather',
    createdAt: '2025-01-31T12:00:00Z',
    detector: 'resnet18, 3 layers',
    dataSet: { name: 'leather', facts: [{ label: 'Images', value: 50 }] },
    advice: {
      rating: 'weak',
      verdict: 'Weak: finds 12 of 20 bad parts.',
      steps: [{ kind: 'few-images', text: 'Add good images, <many>.' }],
    },
    configuration: { layers: ['layer1', 'layer2'], lr: 1e-4, nested: { a: [1] } },
    metrics: computeMetrics({ scores, labels, threshold, calibration }),
    calibration,
    threshold,
    scores: { good, bad },
    training: [
      { layer: 'layer1', training: [3, 2, 1], validation: [3.1, 2.2, 1.4], bestEpoch: 3 },
      { layer: 'layer2', training: [1] },
    ],
    defects: computeDefectMetrics({ scores, labels, defects: scores.map(() => 'crack'), threshold }),
    mistakes: [item(), item({ label: 'good', score: 9, falseAlarmProbability: 0.001 })],
    examples: [item({ score: 2 })],
    notes: ['1 file was skipped'],
    timing: [{ label: 'Training', value: '12 s' }],
    provenance: [{ label: 'Device', value: 'cpu' }],
  };
}

describe('renderReport', () => {
  it('is well-formed and shows every part', () => {
    const page = renderReport(fullData());
    const found = elements(page);
    const headings = found
      .filter(({ tagName }) => tagName === 'h2')
      .map((node) =>
        text(page.slice(node.sourceCodeLocation!.startOffset, node.sourceCodeLocation!.endOffset)).trim(),
      );
    expect(headings).toEqual([
      'Scores',
      'Calibration',
      'Worst mistakes',
      'By kind of defect',
      'Typical examples',
      'Training',
      'All figures',
      'The run',
    ]);
    // Verdict first, figures later.
    const verdict = page.indexOf('Weak: finds 12 of 20 bad parts.');
    expect(verdict).toBeGreaterThan(0);
    expect(verdict).toBeLessThan(page.indexOf('Image AUROC'));
    expect(page).toContain('<li>Add good images, &lt;many&gt;.</li>');
    expect(text(page)).toMatch(/calibrated on 30 good images/);
    expect(text(page)).toMatch(/with a probability of\s+5 %\s*, about one in 20/);
    expect(text(page)).toMatch(/crack, missed/);
    expect(text(page)).toMatch(/good, false alarm/);
    expect(text(page)).toMatch(/nested\s+\{&quot;a&quot;:\[1\]\}/);
  });

  it('keeps every setting a click away, and prints them', () => {
    const report = renderReport(fullData());
    const folded = /<details class="more"><summary>All settings[^<]*<\/summary>(.*?)<\/details>/s.exec(
      report,
    );
    expect(folded?.[1]).toMatch(/<caption>Configuration<.*<caption>Provenance</s);
    expect(report).toMatch(/@media print\{.*\.more::details-content\{content-visibility:visible/s);
  });

  it('has one h1, captions on tables, words for charts and pictures', () => {
    const found = elements(renderReport(fullData()));
    const named = (tagName: string): Element[] => found.filter((node) => node.tagName === tagName);
    expect(named('h1')).toHaveLength(1);
    expect(named('caption')).toHaveLength(named('table').length);
    for (const image of named('img')) expect(attribute(image, 'alt')).toBeTruthy();
    for (const svg of named('svg')) {
      expect(attribute(svg, 'aria-hidden') ?? attribute(svg, 'aria-label')).toBeTruthy();
    }
    expect(named('img')).toHaveLength(6);
  });

  it('loads nothing and runs nothing', () => {
    const page = renderReport(fullData());
    for (const node of elements(page)) {
      expect(['script', 'link', 'iframe', 'object', 'embed', 'base', 'form']).not.toContain(node.tagName);
      for (const { name, value } of node.attrs) {
        expect(name.startsWith('on')).toBe(false);
        if (['src', 'href', 'srcset', 'xlink:href', 'data', 'poster'].includes(name))
          expect(value).toMatch(/^data:image\//);
      }
    }
    expect(page).not.toMatch(/https?:\/\/|@import|url\(/);
    expect(page).toContain("default-src 'none'");
  });

  it('leaves out what a run does not have', () => {
    const page = renderReport({});
    elements(page);
    expect(page).not.toContain('<h2>');
    const { calibration, threshold } = fullData();
    const unlabelled = renderReport({
      calibration,
      threshold,
      metrics: computeMetrics({ scores: [], labels: [] }),
    });
    elements(unlabelled);
    expect(text(unlabelled)).toMatch(/Image AUROC\s+–/);
    const goodOnly = renderReport({ scores: { good: [1, 2, 3], bad: [] }, threshold: 2.5 });
    elements(goodOnly);
    expect(goodOnly).not.toContain('ROC curve');
    elements(
      renderReport({ scores: { good: [], bad: [] }, training: [{ layer: 'a', training: [] }], mistakes: [] }),
    );
  });

  it('shows no false perfection and survives numbers that are none', () => {
    const data = fullData();
    const page = renderReport({
      ...data,
      metrics: { ...data.metrics!, imageAuroc: 0.99996 },
      scores: { good: [Number.NaN, 1, Number.POSITIVE_INFINITY], bad: [2, 1e300] },
      threshold: Number.POSITIVE_INFINITY,
      training: [
        { layer: 'a', training: [Number.NaN, 1e308, -1e308, 3], validation: [Number.NEGATIVE_INFINITY] },
      ],
    });
    elements(page);
    expect(text(page)).toContain('&gt; 0.999');
    expect(page).not.toMatch(/="[^"]*(NaN|Infinity)/);
  });

  it('warns when good test images raise more alarms than the calibration promised', () => {
    const data = fullData();
    const { good, bad } = data.scores!;
    const scores = [...good.map((score) => score + 1), ...bad];
    const metrics = computeMetrics({
      scores,
      labels: scores.map((_, i) => (i < 30 ? 0 : 1)),
      threshold: data.threshold,
    });
    expect(text(renderReport({ ...data, metrics }))).toContain('more than the calibration promised');
    expect(text(renderReport(data))).toContain('agrees with the calibration');
  });

  it('escapes hostile names wherever they stand', () => {
    const pieces = fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onload='alert(1)",
      '</style><script>',
      '</title>',
      '<!--',
      ']]>',
      '&lt;',
      '&#x3c;script>',
      '\u202e',
      '\u0000',
      '\ud800',
      '\u0085',
      'http://evil.example/x.js',
      '../../etc/passwd',
      '$&',
      '😀',
    );
    const names = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const clean = elements(renderReport(fullData())).length;
    fc.assert(
      fc.property(names, (hostile) => {
        const data = fullData();
        const page = renderReport({
          ...data,
          title: hostile,
          createdAt: hostile,
          detector: hostile,
          dataSet: { name: hostile, facts: [{ label: hostile, value: hostile }] },
          configuration: { [`a${hostile}`]: hostile, layers: [hostile], nested: { [hostile]: hostile } },
          training: data.training!.map((curve) => ({ ...curve, layer: hostile })),
          defects: data.defects!.map((row) => ({ ...row, defect: hostile })),
          mistakes: data.mistakes!.map((one) => ({ ...one, name: hostile, defect: hostile })),
          examples: data.examples!.map((one) => ({ ...one, name: hostile, defect: hostile })),
          notes: [hostile],
          timing: [{ label: hostile, value: hostile }],
          provenance: [{ label: hostile, value: hostile }],
        });
        const found = elements(page);
        // The hostile configuration keys are two more rows than the clean report has; nothing else may appear.
        const allowed = found.filter(({ tagName }) => !['tr', 'th', 'td', 'bdi'].includes(tagName)).length;
        expect(allowed).toBeLessThanOrEqual(clean);
        expect(found.some(({ tagName }) => tagName === 'script')).toBe(false);
        for (const node of found) {
          for (const { name, value } of node.attrs) {
            expect(name.startsWith('on')).toBe(false);
            if (name === 'src') expect(value).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/=]*$/);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stays small: pictures within the budget, long curves and lists thinned', () => {
    const data = fullData();
    const large: ReportPicture = { ...picture, bytes: new Uint8Array(100_000) };
    const page = renderReport(
      {
        ...data,
        mistakes: Array.from({ length: 100 }, () => item({ image: large, overlay: undefined })),
        scores: {
          good: Array.from({ length: 50_000 }, (_, i) => Math.sin(i)),
          bad: Array.from({ length: 50_000 }, (_, i) => Math.cos(i * 1.7) + 0.5),
        },
        training: Array.from({ length: 100 }, (_, i) => ({
          layer: `${i}${'x'.repeat(10_000)}`,
          training: Array.from({ length: 10_000 }, (_, e) => 1 / (e + 1)),
        })),
        provenance: Array.from({ length: 10_000 }, (_, i) => ({ label: `${i}`, value: 'y'.repeat(5000) })),
        notes: Array.from({ length: 10_000 }, () => 'z'.repeat(5000)),
      },
      { maxPictureBytes: 1_000_100 },
    );
    expect(page.match(/<img /g)).toHaveLength(10 + 2);
    expect(text(page)).toContain('90 more images not shown');
    expect(page.length).toBeLessThan(3_000_000);
    elements(page);
  });
});
