import { decodePercent } from '../codec/percent.js';

/**
 * The path under which the router looks a request target up, by the rules that TorchServe's clients know: up to `?` or
 * `#`, escapes decoded first, then split at `/` (so `%2F` separates), empty parts at the end dropped, empty parts
 * elsewhere kept, `+` taken as it is.
 * @param target as it was received
 * @returns the parts, each encoded again, joined by `/`; null where the target is no path (`*`, `http://host/…`).
 * @throws ServingError illegalArgument for a malformed escape.
 */
export function canonicalPath(target: string): string | null {
  const end = pathEnd(target);
  if (end === 0 || target[0] !== '/') {
    return null;
  }
  const firstEscape = target.indexOf('%');
  if (firstEscape === -1 || firstEscape >= end) {
    const path = asSpelled(end === target.length ? target : target.slice(0, end));
    return path.length > 1 && path.endsWith('/') ? path.replace(/\/+$/, '') || '/' : path;
  }
  const parts = decodePercent(target, 0, end, false).split('/');
  while (parts.length > 1 && parts.at(-1) === '') {
    parts.pop();
  }
  return parts.length === 1 ? '/' : asSpelled(parts.map(encodeURIComponent).join('/'));
}

/** The one word that TorchServe takes in any case. */
function asSpelled(path: string): string {
  return path.replace(/^\/wfpredict(?=\/|$)/i, '/wfpredict');
}

function pathEnd(target: string): number {
  const query = target.indexOf('?');
  const hash = target.indexOf('#');
  const ends = [query, hash].filter((index) => index !== -1);
  return ends.length === 0 ? target.length : Math.min(...ends);
}
