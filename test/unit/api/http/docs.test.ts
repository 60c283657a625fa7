import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TokenKeys } from '../../../../src/api/auth/token-keys.js';
import type { Endpoint, Role } from '../../../../src/api/http/endpoint.js';
import { listenerDocument } from '../../../../src/api/http/endpoints/api-description.js';
import type { OpenApiDocument } from '../../../../src/api/http/openapi/document.js';
import { canonicalPath } from '../../../../src/api/http/path.js';
import { DocumentSection } from '../../../support/document-section.js';
import { projectRoot } from '../../../support/release.js';
import { operationsReference } from '../../../support/rest-reference.js';
import { allEndpoints, endpointFor } from '../../../support/rest-routes.js';

/** `WRITE_DOCS=1 npx vitest run test/unit/api/http/docs.test.ts` writes the pages anew. */
const writes = process.env['WRITE_DOCS'] === '1';

const roles = ['inference', 'management', 'metrics'] as const satisfies Role[];
let folder: string;
let endpoints: Record<(typeof roles)[number], Endpoint[]>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tb-docs-'));
  const tokens = await TokenKeys.create(folder, 60);
  const of = (role: Role) => allEndpoints([role], tokens);
  endpoints = { inference: of('inference'), management: of('management'), metrics: of('metrics') };
});
afterAll(() => rmSync(folder, { recursive: true }));

test('docs/rest-api.md tells of every operation as it is', () => {
  const page = join(projectRoot, 'docs/rest-api.md');
  const titles = { inference: 'Inference API', management: 'Management API', metrics: 'Metrics API' };
  const sections = roles.map((role) => {
    const document = JSON.parse(JSON.stringify(listenerDocument('0.12.0', endpoints[role]))) as OpenApiDocument;
    return `## ${titles[role]}\n\n${operationsReference(document)}`;
  });
  const [byHand = ''] = readFileSync(page, 'utf8').split(/(?<=test\.ts`\. -->\n)/);
  const whole = `${byHand}\n${sections.join('\n').trimEnd()}\n`;
  if (writes) writeFileSync(page, whole);
  expect(readFileSync(page, 'utf8')).toBe(whole);
});

describe('docs/compatibility.md', () => {
  test('names the tests of every route', () => {
    const page = join(projectRoot, 'docs/compatibility.md');
    const found = evidence();
    const rows = roles.flatMap((role) =>
      endpoints[role].map((endpoint) => {
        const { steps, files } = found.get(`${role} ${endpoint.path}`) ?? { steps: new Set(), files: new Set() };
        const recorded = shortened([...steps].sort(), 4);
        return `| ${role} | \`${endpoint.path}\` | ${recorded} | ${[...files].sort().join('<br>')} |`;
      }),
    );
    const whole = `Every route of TorchServe 0.12.0's REST API, the recorded answers of TorchServe that it is compared with
(\`test/conformance/suites\`, suite/step), and the tests that ask for it. \`:name\` stands for any part, \`*\` for all that follow.

| API | Route | Compared with TorchServe | Tests |
|---|---|---|---|
${rows.join('\n')}`;
    const section = new DocumentSection(page, 'Routes');
    section.writeIfAsked(whole);
    expect(section.text).toBe(whole);
    expect(rows.filter((row) => row.endsWith('|  |')).map((row) => row.split('|')[2])).toEqual([]);
  });
});

type Evidence = Map<string, { readonly steps: Set<string>; readonly files: Set<string> }>;

/** Which recorded steps and which test files ask for which route. */
function evidence(): Evidence {
  const found: Evidence = new Map();
  const note = (role: Role, path: string, kind: 'steps' | 'files', what: string) => {
    const canonical = pathOf(path);
    const endpoint = canonical === null ? undefined : endpointFor(endpoints[role], decodeURIComponent(canonical));
    if (endpoint !== undefined) {
      const key = `${role} ${endpoint.path}`;
      const entry = found.get(key) ?? { steps: new Set<string>(), files: new Set<string>() };
      found.set(key, entry);
      entry[kind].add(what);
    }
  };
  const suites = join(projectRoot, 'test/conformance/suites');
  for (const file of readdirSync(suites)) {
    const suite = JSON.parse(readFileSync(join(suites, file), 'utf8')) as { steps: Step[] };
    for (const step of suite.steps.flatMap((one) => one.parallel?.map((part) => ({ ...part, id: one.id })) ?? [one])) {
      const [, path = ''] = (step.do ?? '').split(' ');
      note((step.on ?? 'inference') as Role, path, 'steps', `${file.replace('.json', '')}/${step.id}`);
    }
  }
  for (const file of testFiles()) {
    const text = readFileSync(join(projectRoot, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/['"`](?:\$\{[^}]*\})?(?:[A-Z]+ )?(\/[^'"`\s\\]*)/g)) {
      for (const role of roles) note(role, path.replaceAll(/\$\{[^}]*\}/g, 'x'), 'files', file);
    }
  }
  return found;
}

interface Step {
  readonly id: string;
  readonly do?: string;
  readonly on?: string;
  readonly parallel?: readonly Omit<Step, 'id'>[];
}

function testFiles(): string[] {
  const unit = readdirSync(join(projectRoot, 'test/unit/api/http')).map((name) => `test/unit/api/http/${name}`);
  const integration = readdirSync(join(projectRoot, 'test/integration'))
    .filter((name) => name.startsWith('http'))
    .map((name) => `test/integration/${name}`);
  return [...unit, ...integration].filter((file) => file.endsWith('.test.ts') && !/(path|docs)\.test\.ts$/.test(file));
}

function pathOf(target: string): string | null {
  try {
    return canonicalPath(target);
  } catch {
    return null;
  }
}

function shortened(items: readonly string[], most: number): string {
  return items.length <= most ? items.join(', ') : `${items.slice(0, most).join(', ')}, … (${items.length})`;
}
