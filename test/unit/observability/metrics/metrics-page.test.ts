import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FamilyDefinition } from '../../../../src/observability/metrics/family.js';
import { readMetricDefinitions } from '../../../../src/observability/metrics/metric-definition.js';
import { ownMetrics } from '../../../../src/observability/metrics/own-metrics.js';
import { projectRoot } from '../../../support/release.js';

const page = join(projectRoot, 'docs/metrics.md');

test('docs/metrics.md tells of every metric of TorchServe as metrics.yaml does', () => {
  const { server, model } = readMetricDefinitions(join(projectRoot, 'python_backend/ts/configs/metrics.yaml'));
  const rows = [...server, ...model].map(
    ({ name, type, unit, dimensions }) => `| \`${name}\` | ${type} | ${unit} | ${dimensions.join(', ')} |`,
  );
  const shown = readFileSync(page, 'utf8')
    .split('\n')
    .filter(
      (line) =>
        /^\| `\w+` \| (counter|gauge|histogram) \| \w+ \| [A-Za-z, _]+ \| /.test(line) &&
        !line.includes('torchbridge_'),
    )
    .map((line) => line.split(' | ').slice(0, 4).join(' | ').concat(' |'));
  expect(shown).toEqual(rows);
});

test('docs/metrics.md tells of every metric of ours (WRITE_DOCS=1 writes it anew)', () => {
  const rows = Object.values<FamilyDefinition>(ownMetrics).map(
    ({ name, type, dimensions, help }) => `| \`${name}\` | ${type} | ${dimensions.join(', ')} | ${help} |`,
  );
  const head = '| Name | Type | Labels | What |\n|---|---|---|---|\n';
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(head);
  const whole = `${before}${head}${rows.join('\n')}\n\n${rest.slice(rest.indexOf('## Dashboard'))}`;
  if (process.env['WRITE_DOCS'] === '1') writeFileSync(page, whole);
  expect(readFileSync(page, 'utf8')).toBe(whole);
});
