import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder that goes when the running test ends. Its path is short, since sockets are made in it too. */
export function temporaryFolder(name = 'x'): string {
  const folder = mkdtempSync(join(tmpdir(), `tb-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
