/** The other end of a connection, as its socket or grpc-js tells it. */
export interface Remote {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** `/ip:port` as access logs show it; a Unix socket has no address. */
export function remoteText({ remoteAddress, remotePort }: Remote): string {
  if (remoteAddress === undefined) return '127.0.0.1';
  return `/${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}
