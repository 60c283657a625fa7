import type { Server } from '@grpc/grpc-js';
import { StreamTable } from './stream-table.js';

/** Where grpc-js takes a connection: no public part of it. */
interface Taking {
  _sessionHandler?(listener: unknown): (session: object) => void;
}

/** What Node keeps of a session: no public part of it either. */
interface SessionState {
  streams?: { readonly size?: unknown; readonly set?: unknown };
}

/**
 * Has the sessions of a server keep their streams in a `StreamTable`, in place of the `Map` that Node gives them: with that one,
 * the collector copies most calls twice, and takes up to a tenth of a busy event loop (docs/performance.md). Where a later grpc-js or
 * Node has no such place, all stays as it is, and a test tells.
 */
export function tabulateStreams(server: Server): void {
  const taking = server as unknown as Taking;
  const handlerOf = taking._sessionHandler?.bind(server);
  if (!handlerOf) return;
  taking._sessionHandler = (listener) => {
    const handle = handlerOf(listener);
    return (session) => {
      const state = stateOf(session);
      if (state?.streams?.size === 0 && typeof state.streams.set === 'function') state.streams = new StreamTable();
      handle(session);
    };
  };
}

/** What Node keeps of a session, where it does so under the name that is known. */
export function stateOf(session: object): SessionState | undefined {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  return key && (session as Record<symbol, SessionState>)[key];
}
