import { hostname } from 'node:os';

/**
 * Replaces `${name}`, `${env:NAME}` and `${env:NAME:-default}` in a text, defaults first looked into themselves.
 * What cannot be found stays as it stands, and `missing` hears of it.
 */
export function substitute(
  text: string,
  properties: ReadonlyMap<string, string>,
  environment: NodeJS.ProcessEnv,
  missing: (lookup: string) => void,
): string {
  let result = text.replaceAll('$${', '${');
  for (let round = 0; round < 10 && result.includes('${'); round++) {
    const next = result.replace(/\$\{([^${}]*)\}/g, (whole, inner: string) => {
      const [name = '', fallback] = split(inner);
      return lookUp(name, properties, environment) ?? fallback ?? `\ue000{${whole.slice(2)}`;
    });
    if (next === result) {
      break;
    }
    result = next;
  }
  return result.replace(/\ue000\{([^}]*)\}/g, (_, name: string) => {
    missing(name);
    return `\${${name}}`;
  });
}

function split(inner: string): [name: string, fallback: string | undefined] {
  const at = inner.indexOf(':-');
  return at < 0 ? [inner, undefined] : [inner.slice(0, at), inner.slice(at + 2)];
}

function lookUp(name: string, properties: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv) {
  const colon = name.indexOf(':');
  const [kind, key] = colon < 0 ? ['', name] : [name.slice(0, colon).toLowerCase(), name.slice(colon + 1)];
  switch (kind) {
    case '':
      return properties.get(key) ?? (key.toLowerCase() === 'hostname' ? hostname() : undefined);
    case 'env':
      return environment[key];
    case 'date':
      // In names of rolled files and in patterns, a date is written like this.
      return `%d{${key}}`;
    default:
      return undefined;
  }
}
