/** What cross-origin readers are told, as configured; null where nothing is said. */
export interface CorsSettings {
  readonly corsAllowedOrigin: string | null;
  readonly corsAllowedMethods: string | null;
  readonly corsAllowedHeaders: string | null;
}

const UNCACHED = [
  'Pragma',
  'no-cache',
  'Cache-Control',
  'no-cache; no-store, must-revalidate, private',
  'Expires',
  'Thu, 01 Jan 1970 00:00:00 UTC',
] as const;

/** Headers that say how the answer travels, or that are the server's own: a handler's are left out. */
const OWNED = new Set([
  'x-request-id',
  'pragma',
  'cache-control',
  'expires',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer',
]);

/** The access-control headers as name, value, ...; empty where cross-origin reading is not configured. */
export function corsHeaders(settings: CorsSettings): string[] {
  const pairs = [
    ['access-control-allow-origin', settings.corsAllowedOrigin],
    ['access-control-allow-methods', settings.corsAllowedMethods],
    ['access-control-allow-headers', settings.corsAllowedHeaders],
  ] as const;
  return pairs.flatMap(([name, value]) => (value === null || value === '' ? [] : [name, value]));
}

/** How the body of a response travels. */
export type Framing = { readonly length: number } | 'chunked' | 'until-close' | 'none';

/**
 * The header block of a response, in TorchServe's order: content type, the handler's headers, request id,
 * access control, caching, framing, connection.
 * @param own name, value, ... as the handler set them; the ones that belong to the server are left out
 */
export function headerBlock(
  requestId: string,
  own: readonly string[],
  cors: readonly string[],
  framing: Framing,
  connection: 'keep-alive' | 'close',
): string[] {
  const block: string[] = [];
  for (let index = 0; index + 1 < own.length; index += 2) {
    const name = own[index] as string;
    const lower = name.toLowerCase();
    if (lower === 'content-type') {
      block.unshift('content-type', own[index + 1] as string);
    } else if (!OWNED.has(lower)) {
      block.push(name, own[index + 1] as string);
    }
  }
  const handlerNames = cors.length === 0 ? null : namesOf(block);
  block.push('x-request-id', requestId);
  for (let index = 0; index + 1 < cors.length; index += 2) {
    if (!handlerNames?.has(cors[index] as string)) {
      block.push(cors[index] as string, cors[index + 1] as string);
    }
  }
  block.push(...UNCACHED);
  if (framing === 'chunked') {
    block.push('transfer-encoding', 'chunked');
  } else if (typeof framing === 'object') {
    block.push('content-length', String(framing.length));
  }
  block.push('connection', connection);
  return block;
}

function namesOf(block: readonly string[]): Set<string> {
  return new Set(block.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
}
