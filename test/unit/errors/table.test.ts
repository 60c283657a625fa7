import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ServingError } from '../../../src/errors/serving-error.js';
import { type ErrorKind, errorTable } from '../../../src/errors/table.js';

test('docs/errors.md shows the table, row by row', () => {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| `(\w+)` \| `(\w+)` \| (.+) \|$/gm)];
  const shown = rows.map(([, kind, status, type, grpc]) => [kind, { status: Number(status), type, grpc }]);
  expect(shown).toEqual(Object.entries(errorTable));
});

test('an error has the status and type of its kind, unless a handler chose its own', () => {
  for (const kind of Object.keys(errorTable) as ErrorKind[]) {
    const error = new ServingError(kind, 'why');
    expect([error.status, error.type]).toEqual([errorTable[kind].status, errorTable[kind].type]);
  }
  expect(new ServingError('predictionFailed', 'why', 418).status).toBe(418);
});
