import { ArchiveRefused } from './limits.js';

/**
 * The path of an archive's entry inside the folder it is unpacked to: relative, parts joined by `/`, none of them `.` or
 * empty; '' for the folder itself. Backslashes, which archivers on Windows write, count as slashes.
 * @throws {ArchiveRefused} if the name could lead out of that folder.
 */
export function entryPath(name: string): string {
  const slashed = name.replaceAll('\\', '/');
  const parts = slashed.split('/').filter((part) => part !== '' && part !== '.');
  if (slashed.startsWith('/') || /^[A-Za-z]:/.test(slashed) || parts.includes('..') || slashed.includes('\0')) {
    throw new ArchiveRefused(`Detected Zip Slip vulnerability: ${printable(name)}`);
  }
  return parts.join('/');
}

/** A name out of an archive, fit for an error message: no control characters, not endless. */
export function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const shown = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
