import { ServingError } from '../errors/serving-error.js';
import { type ArchiveKind, modelArchive } from './archive-kind.js';

/** What can be fetched: the schemes that TorchServe knows. */
const fetched = /^(?:file|https?):\/\//i;

/** Whether a url is one that is fetched, and not a name or a path. Other schemes count as plain names. */
export function isFetched(url: string): boolean {
  return fetched.test(url);
}

/**
 * Whether one of the `allowed_urls` matches the whole of a url.
 * @param patterns - However they are anchored and flagged.
 */
export function isAllowed(url: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => new RegExp(`^(?:${pattern.source})$`, 'i').test(url));
}

/**
 * Whether a folder on this machine may be linked: `allowed_urls` has to match its `file://` url or its path.
 * @param path - Absolute.
 */
export function isFolderAllowed(path: string, patterns: readonly RegExp[]): boolean {
  return isAllowed(`file://${path}`, patterns) || isAllowed(path, patterns);
}

/** @throws {ServingError} the kind's "not found" for an empty url, or one that climbs, plainly or percent-encoded. */
export function checkPlain(url: string, kind: ArchiveKind = modelArchive): void {
  if (url === '') {
    throw new ServingError(kind.notFound, kind.words.empty);
  }
  if (url.includes('..') || decoded(url).includes('..')) {
    throw new ServingError(kind.notFound, `Relative path is not allowed in url: ${url}`);
  }
  // Parsers of urls drop or turn these, so that what is matched would not be what is fetched.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(url) || (isFetched(url) && url.includes('\\'))) {
    throw notFound(url, kind);
  }
}

/** The last part of the path, the query left out; it names the archive in the model store. */
export function fileNameOf(url: string): string {
  const path = isFetched(url) ? (URL.canParse(url) ? new URL(url).pathname : '') : url.replace(/\/+$/, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '.' ? '' : name;
}

/** TorchServe's answer to a url that leads nowhere. */
export function notFound(url: string, kind: ArchiveKind): ServingError {
  return new ServingError(kind.notFound, `${kind.words.missing}: ${url}`);
}

/** TorchServe's answer to a url that `allowed_urls` does not cover. */
export function notAllowed(url: string, kind: ArchiveKind): ServingError {
  return new ServingError(kind.notFound, `Given URL ${url} does not match any allowed URL(s)`);
}

/** Encoded any number of times over, up to where that stops making sense. */
function decoded(url: string): string {
  let text = url;
  for (let round = 0; round < 3; round += 1) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text.replace(/%2e/gi, '.');
    }
  }
  return text;
}
