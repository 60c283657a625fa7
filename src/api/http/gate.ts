import type { TokenKeys } from '../auth/token-keys.js';
import type { WebGuard } from '../auth/web-guard.js';
import type { Role } from './endpoint.js';
import type { Exchange } from './exchange.js';
import { badToken } from './refusals.js';

/** What stands between a request and the endpoint that it asked for. It is passed before a body is read. */
export interface GateSettings {
  /** null: no token is asked for. */
  readonly tokens: TokenKeys | null;
  /** null: web pages are not told apart, since whoever comes has to show a token. */
  readonly guard: WebGuard | null;
  /** Whether cross-origin reading is configured. */
  readonly cors: boolean;
}

/** A protocol that is never spoken: what follows is a token. */
const BEARER_PROTOCOL = 'torchbridge.bearer.';

export class Gate {
  readonly #settings: GateSettings;

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  /** Answers a browser that asks, before it sends a request of another origin, whether it may. It has no token to show. */
  answersPreflight(exchange: Exchange): boolean {
    if (exchange.method !== 'OPTIONS' || !this.#settings.cors) {
      return false;
    }
    const { origin, 'access-control-request-method': method } = exchange.request.headers;
    if (origin === undefined || method === undefined) {
      return false;
    }
    exchange.sendEmpty(204);
    return true;
  }

  /**
   * Lets a request pass, or throws.
   * @param roles the APIs that it may belong to; the key of any of them will do
   * @param open whether it needs no token
   * @throws ServingError forbiddenOrigin, invalidKey.
   */
  admit(exchange: Exchange, roles: readonly Role[], open: boolean): void {
    const { tokens, guard } = this.#settings;
    // Browsers let any page read what comes over a WebSocket, where they keep other answers from it.
    if (guard !== null && (roles.includes('management') || exchange.upgrade !== null)) {
      guard.check(exchange.method, exchange.request.headers);
    }
    if (tokens === null || open || roles.every((role) => role === 'metrics')) {
      return;
    }
    const authorization = exchange.request.headers.authorization ?? fromProtocols(exchange);
    const accepted = roles.some((role) => role !== 'metrics' && tokens.accepts(role, authorization));
    if (!accepted) {
      throw badToken();
    }
  }
}

/** Where a page opens a WebSocket, it can set no header, but name protocols: one of them may carry the token. */
function fromProtocols({ request, upgrade }: Exchange): string | undefined {
  if (upgrade === null) {
    return undefined;
  }
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  const carrier = offered.find((name) => name.startsWith(BEARER_PROTOCOL));
  return carrier === undefined ? undefined : `Bearer ${carrier.slice(BEARER_PROTOCOL.length)}`;
}
