import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { ours, projectRoot, type Release, reference } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const digits = join(projectRoot, 'examples/digits');
const theirs = reference(process.env['TORCHBRIDGE_REFERENCE_PYTHON'] ?? 'python3');
/** Each format, and the archive that the model of its name is in. */
const archives = {
  default: 'default.mar',
  'zip-store': 'zip-store.mar',
  tgz: 'tgz.tar.gz',
  'no-archive': 'no-archive',
};

/** Packs the example in every format with one archiver and serves all of them with the other's server. */
async function packAndServe(packer: Release, server: Release): Promise<void> {
  const place = await ServerPlace.make(server);
  try {
    for (const format of Object.keys(archives)) {
      const parts = {
        name: format,
        handler: join(digits, 'handler.py'),
        modelFile: join(digits, 'model.py'),
        serializedFile: join(digits, 'digits.pth'),
        extraFiles: [join(digits, 'index_to_name.json')],
        options: ['--archive-format', format],
      };
      await packArchive(place.store, parts, packer);
    }
    await place.start({ models: Object.entries(archives).map(([name, file]) => `${name}=${file}`) });
    const expected: Record<string, Record<string, number>> = JSON.parse(
      readFileSync(join(digits, 'expected.json'), 'utf8'),
    );
    for (const format of Object.keys(archives)) {
      for (const [picture, wanted] of Object.entries(expected)) {
        const url = `${place.inference}/predictions/${format}`;
        const words = [
          '-sS',
          '--retry',
          '5',
          '--retry-all-errors',
          '--fail',
          '-X',
          'POST',
          url,
          '-T',
          join(digits, 'samples', picture),
        ];
        const answer: Record<string, number> = JSON.parse(execFileSync('curl', words, { encoding: 'utf8' }));
        expect(Object.keys(answer), `${format} ${picture}`).toEqual(Object.keys(wanted));
        for (const [name, probability] of Object.entries(wanted)) expect(answer[name]).toBeCloseTo(probability, 3);
      }
    }
  } finally {
    await place.close();
  }
}

test('our archives are served by TorchServe', () => packAndServe(ours(), theirs));

test("TorchServe's archives are served by ours", () => packAndServe(theirs, ours()));
