import { parseDocument } from 'yaml';

/** What is wrong with a YAML text, in one line. */
export class YamlFault extends Error {
  override readonly name = 'YamlFault';
}

/**
 * Reads YAML as TorchServe does: version 1.1 (`yes` is true), and a key may come twice, the later one counts.
 * @param mappings - How mappings come back; only Maps keep the order of keys that look like numbers.
 * @returns Plain values; null for an empty text.
 * @throws {YamlFault}
 */
export function readYaml(source: string, mappings: 'as objects' | 'as maps'): unknown {
  const document = parseDocument(source, { version: '1.1', uniqueKeys: false, logLevel: 'error', prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new YamlFault(error.message.split('\n', 1)[0]?.replace(/:$/, '') ?? error.code);
  }
  try {
    return document.toJS({ mapAsMap: mappings === 'as maps' }) ?? null;
  } catch (error) {
    throw new YamlFault((error as Error).message);
  }
}
