import { realpathSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import { defaultLimits } from '../../../src/archive/limits.js';
import { pack } from '../../../src/archive/pack.js';
import { unpack } from '../../../src/archive/unpack.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('a stored zip', () => {
  it('may have more files than a plain directory counts', async () => {
    const files = Array.from({ length: 65_600 }, (_, index) => ({ name: `f${index}`, source: Buffer.from('x') }));
    const target = join(temporaryFolder('large'), 'm.mar');
    await pack({ format: 'zip-store', target, root: 'm', files, time: new Date() });
    const zip = await openPromise(target);
    let found = 0;
    for await (const entry of zip.eachEntry()) found += entry.uncompressedSize;
    expect(found).toBe(65_600);
  });
});

/** Files of more than 4 GiB, compressed, so that little is written: set TORCHBRIDGE_TEST_HUGE to run it. */
describe.runIf(process.env['TORCHBRIDGE_TEST_HUGE'])('a file of more than 4 GiB', () => {
  it.each(['default', 'tgz', 'zip-store'] as const)(
    'goes through %s',
    async (format) => {
      const folder = realpathSync(temporaryFolder('huge'));
      const weights = join(folder, 'weights');
      writeFileSync(weights, '');
      truncateSync(weights, 4300 * 2 ** 20);
      const files = [
        { name: 'a', source: weights },
        { name: 'b', source: Buffer.from('after') },
      ];
      const target = join(folder, 'm');
      await pack({ format, target, root: 'm', files, time: new Date() });
      const limits = { ...defaultLimits, ratioFreeBytes: Number.MAX_SAFE_INTEGER };
      const root = await unpack(target, join(folder, 'unpacked'), limits);
      expect(statSync(join(root, 'a')).size).toBe(statSync(weights).size);
      expect(statSync(join(root, 'b')).size).toBe(5);
    },
    600_000,
  );
});
