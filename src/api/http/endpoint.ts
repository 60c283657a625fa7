import type { CallTrace } from '../../observability/tracing/tracing.js';
import type { TokenScope } from '../auth/token-keys.js';
import type { ErrorFormat } from './error-format.js';
import type { Exchange, PathNames } from './exchange.js';
import type { Operations } from './openapi/operation.js';
import { methodNotAllowed } from './refusals.js';
import type { Upgrade } from './upgrade.js';

/** Answers one request. What it throws is answered as an error. */
export type Handler = (exchange: Exchange) => Promise<void> | void;

/** The APIs that a listener may serve. */
export type Role = TokenScope | 'metrics';

/** One path of an API, and what answers there. */
export interface Endpoint {
  /** As the router spells it: `/models/:model_name`. */
  readonly path: string;
  /** The API that it belongs to, which may depend on the names in its path; of several, the key of any will do. */
  readonly role: Role | ((names: PathNames) => Role | readonly Role[]);
  /** Whether it is served without a token. */
  readonly open?: true;
  /** One handler for every method, or one for each; another method is refused. */
  readonly handle: Handler | { readonly [method: string]: Handler };
  /**
   * Takes the connection of a client over that asks to speak WebSocket; absent: it is refused. What it throws is answered.
   * `beginTrace` begins the trace of one message; undefined where messages are not traced.
   */
  readonly converse?: (exchange: Exchange, upgrade: Upgrade, beginTrace?: () => CallTrace) => void;
  /** How its errors are written, which may depend on the names in its path; absent or undefined: as TorchServe does. */
  readonly errors?: (names: PathNames) => ErrorFormat | undefined;
  /** What OpenAPI documents say of it, by their spelling of the path; absent where they pass over it. */
  readonly operations?: Operations;
}

/** The handler for a method. @throws ServingError methodNotAllowed. */
export function handlerFor(endpoint: Endpoint, method: string): Handler {
  const { handle } = endpoint;
  const found = typeof handle === 'function' ? handle : Object.hasOwn(handle, method) ? handle[method] : undefined;
  if (found === undefined) {
    throw methodNotAllowed();
  }
  return found;
}
