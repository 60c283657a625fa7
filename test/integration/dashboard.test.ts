import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { fakeGpus } from '../support/fake-gpus.js';
import { inferenceClient } from '../support/grpc.js';
import { Prometheus, prometheusInstalled } from '../support/prometheus.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const folder = join(projectRoot, 'deploy/grafana');
const handler = join(projectRoot, 'test/fixtures/handlers/misbehave.py');

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as { panels: Panel[] };
const drawn = panels.filter(({ type }) => type !== 'row');

/** As Grafana asks, with every variable at "All". */
function asAsked(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$instance', '.*')
    .replaceAll('$model', '.*')
    .replaceAll('[1h]', '[30s]');
}

describe.skipIf(!prometheusInstalled)('deploy/grafana (needs the Debian package prometheus)', () => {
  let place: ServerPlace;
  let prometheus: Prometheus;

  beforeAll(async () => {
    place = await ServerPlace.make();
    await packArchive(place.store, { name: 'misbehave', handler });
    await place.start({
      models: ['misbehave.mar'],
      config: [
        'default_workers_per_model=2',
        'disable_token_authorization=true',
        'enable_model_api=true',
        'metrics_mode=prometheus',
        'metric_time_interval=1',
      ],
      env: fakeGpus(place.folder, ['0, 2048, 8192, 37']),
    });
    prometheus = await Prometheus.start(place.folder, place.metrics.replace('http://', ''));
    await load(place);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await place?.close();
  });

  it.each(drawn.map((panel) => [panel.title, panel] as const))('"%s" shows data', async (_, panel) => {
    expect(panel.targets?.length).toBeGreaterThan(0);
    for (const { expr } of panel.targets ?? []) {
      const series = await prometheus.query(asAsked(expr));
      expect(series.filter(({ value }) => Number.isFinite(value)).length, expr).toBeGreaterThan(0);
    }
  });

  it('names no metric that there is not', async () => {
    const alerts = readFileSync(join(folder, 'alerts.yml'), 'utf8');
    const named = [...alerts.matchAll(/\b(torchbridge_\w+|ts_\w+|[A-Z]\w+Utilization)\b/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(8);
    for (const name of new Set(named))
      expect(await prometheus.query(`count({__name__="${name}"})`), name).not.toEqual([]);
  });

  it('has alerts that wake up for what they say, by promtool', () => {
    for (const words of [
      ['check', 'rules', 'alerts.yml'],
      ['test', 'rules', 'alerts.test.yml'],
      ['check', 'config', 'prometheus.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', words, { cwd: folder, encoding: 'utf8' });
      expect(status, `${stdout}${stderr}`).toBe(0);
    }
  });
});

/** Twelve seconds of all that a server can meet: good and bad requests by both doors, and workers that die. */
async function load(place: ServerPlace): Promise<void> {
  const api = apiOf(place);
  const grpc = inferenceClient(place.grpcInference);
  const end = Date.now() + 12_000;
  while ((await api.predict('misbehave', 'ok')).status !== 200) await sleep(100);
  for (let round = 0; Date.now() < end; round += 1) {
    await Promise.all([
      ...Array.from({ length: 4 }, () => api.predict('misbehave', 'sleep 0.02')),
      api.predict('nope', 'x'),
      api.predict('misbehave', 'short'),
      grpc.call('Predictions', { model_name: 'misbehave', input: { data: Buffer.from('ok') } }),
    ]);
    if (round % 20 === 5) await api.predict('misbehave', 'exit 3');
    await sleep(50);
  }
  grpc.close();
}
