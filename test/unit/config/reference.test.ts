import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationReference } from '../../../src/config/reference.js';

/** `WRITE_DOCS=1 npx vitest run test/unit/config/reference.test.ts` writes the page anew. */
test('docs/configuration.md tells of the table as it is', () => {
  const page = new URL('../../../docs/configuration.md', import.meta.url);
  if (process.env['WRITE_DOCS'] === '1') {
    writeFileSync(page, configurationReference());
  }
  expect(readFileSync(page, 'utf8')).toBe(configurationReference());
});
