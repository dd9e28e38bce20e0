// Dashboard and alerts ask for what the service exports, and for nothing else.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { newApp } from '../../functions/predict/src/app/new-app.js';
import { createMetrics } from '../../functions/predict/src/compat/metrics.js';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../monitoring/${file}`, import.meta.url)), 'utf8');

interface Panel {
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}
const dashboard = JSON.parse(read('grafana/dashboards/cflow.json')) as {
  panels: Panel[];
  templating: { list: { definition: string }[] };
};
const { groups } = parse(read('alerts.yml')) as {
  groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const panels = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr] as const),
);
const expressions = [
  ...panels,
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.templating.list.map(({ definition }) => ['a variable', definition] as const),
];

/** What a service exports: series by name, with their labels, each metric with at least one sample. */
async function exported(): Promise<Map<string, Set<string>>> {
  const metrics = createMetrics({ droppedLogEntries: () => 1 });
  metrics.watch({
    status: () => ({
      queue: { length: 0, capacity: 1 },
      detectors: [],
      health: { state: 'well', abandoned: 0, refused: 0 },
    }),
  } as never);
  const { observer } = metrics;
  observer.answered([{ detector: { name: 'wood' }, label: 'good' }] as never);
  observer.batch({ device: 'cpu', images: 1, size: 2, runMs: 1 });
  observer.decode(1);
  observer.queueWait(1);
  observer.threadReplaced({ kind: 'lane' } as never);
  observer.overran({ step: undefined } as never);
  observer.loaded({ milliseconds: 1 } as never);
  observer.shadow({ name: 'wood', outcome: 'compared' } as never);
  const app = newApp();
  app.use(metrics.middleware);
  app.get('/livez', (c) => c.text('yes'));
  await app.request('/livez');
  const { body } = await metrics.scrape();
  const series = new Map<string, Set<string>>();
  for (const line of body.split('\n')) {
    const declared = /^# TYPE (\w+) (\w+)$/.exec(line);
    if (declared) series.set(declared[1] as string, new Set(['job', 'instance']));
    const [, name, labels = ''] = /^([a-zA-Z_]\w*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const known = series.get(name) ?? new Set(['job', 'instance']);
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label as string);
    series.set(name, known);
  }
  return series.set('up', new Set(['job', 'instance']));
}

describe('monitoring', () => {
  it('asks for metrics that are exported, by labels that they have', async () => {
    const series = await exported();
    expect(expressions.length).toBeGreaterThan(30);
    for (const [where, expression] of expressions) {
      const names = [...expression.matchAll(/\b((?:cflow|process|nodejs)_\w+|up)\b/g)].map(
        ([, name]) => name as string,
      );
      expect(names.length, where).toBeGreaterThan(0);
      const known = new Set<string>();
      for (const name of names) {
        expect([...series.keys()], where).toContain(name);
        for (const label of series.get(name) ?? []) known.add(label);
      }
      const used = [
        ...[...expression.matchAll(/[{,](\w+)=~?"/g)].map(([, label]) => label as string),
        ...[...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => (list as string).split(/,\s*/)),
      ];
      for (const label of used) expect([...known], `${where}: ${expression}`).toContain(label);
    }
  });

  it('shows every metric of the service, somewhere', async () => {
    const all = expressions.map(([, expression]) => expression).join('\n');
    const names = [...(await exported()).keys()].filter((name) => name.startsWith('cflow_'));
    const metrics = new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    for (const name of metrics) expect(all).toContain(name);
  });

  it('has alerts that say what is wrong, and where, and panels that do not lie on each other', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, annotations } of rules) {
      expect(alert).toMatch(/^Cflow[A-Z]/);
      expect(annotations.summary).toMatch(/\{\{ \$labels\.(instance|detector) \}\}/);
    }
    const cells = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x},${y}`), title).toBe(false);
          cells.add(`${x},${y}`);
        }
      }
    }
  });

  it('is asked and shown where compose.yaml has it', () => {
    const compose = readFileSync(fileURLToPath(new URL('../../compose.yaml', import.meta.url)), 'utf8');
    const { services } = parse(compose, { merge: true }) as {
      services: Record<string, { volumes?: string[] }>;
    };
    const { scrape_configs: jobs, rule_files: files } = parse(read('prometheus.yml'));
    expect(jobs[0].job_name).toBe('cflow');
    for (const target of jobs[0].static_configs[0].targets as string[])
      expect(Object.keys(services)).toContain(target.split(':')[0]);
    for (const file of files as string[]) {
      expect(services.prometheus?.volumes).toContain(`./monitoring/${file}:/etc/prometheus/${file}:ro`);
      expect(read(file)).not.toBe('');
    }
    const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yml'));
    expect(JSON.stringify(dashboard)).toContain(`"uid":"${datasources[0].uid}"`);
    const { providers } = parse(read('grafana/provisioning/dashboards/cflow.yml'));
    expect(services.grafana?.volumes).toContain(
      `./monitoring/grafana/dashboards:${providers[0].options.path}:ro`,
    );
  });
});
