import { beforeAll, expect, test } from 'vitest';
import { ours, type Release, reference } from './release.js';

/**
 * Tests, one for each name, that this server answers as TorchServe does.
 * @param answersOf starts a release, asks it, and tells its answers by these names.
 */
export function expectSame(
  names: readonly string[],
  answersOf: (release: Release) => Promise<ReadonlyMap<string, unknown>>,
): void {
  let theirs: ReadonlyMap<string, unknown>;
  let own: ReadonlyMap<string, unknown>;

  beforeAll(async () => {
    theirs = await answersOf(reference(process.env['TORCHBRIDGE_REFERENCE_PYTHON'] ?? 'python3'));
    own = await answersOf(ours());
  }, 300_000);

  test.each(names)('%s: as TorchServe', (name) => {
    expect(theirs.has(name)).toBe(true);
    expect(own.get(name)).toEqual(theirs.get(name));
  });
}
