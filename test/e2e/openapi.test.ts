import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { runCommand } from '../support/command.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

/** The schemathesis command (https://schemathesis.io); without it there is nothing to run. */
const schemathesis = process.env['SCHEMATHESIS'];

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];

describe.runIf(schemathesis)('requests made from our own OpenAPI documents', () => {
  let place: ServerPlace;

  beforeAll(async () => {
    place = await ServerPlace.make();
    await packArchive(place.store, {
      name: 'echo',
      handler: join(projectRoot, 'test/fixtures/handlers/echo_length.py'),
    });
    await place.start({ models: ['echo=echo.mar'] });
  });
  afterAll(() => place?.close());

  test.each(['inference', 'management', 'metrics'] as const)(
    '%s: no undocumented status, no server error',
    async (api) => {
      const document = await (await fetch(place[api], { method: 'OPTIONS' })).text();
      const file = join(place.folder, `${api}.json`);
      writeFileSync(file, document);
      const words = ['run', file, '--url', place[api], '-n', '50', '--checks', checks.join(','), '--no-color'];
      const { status, stdout } = await runCommand([schemathesis ?? '', ...words], {
        cwd: place.folder,
        timeoutMs: 170_000,
      });
      expect(status, stdout).toBe(0);
      expect(stdout).toMatch(/[1-9]\d* generated, [1-9]\d* passed/);
    },
  );
});
