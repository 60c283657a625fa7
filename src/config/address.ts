import { BlockList, isIP } from 'node:net';

/** Where an HTTP listener is bound. */
export type Address =
  | {
      readonly scheme: 'http' | 'https';
      /** A name or an address; IPv6 without brackets. */
      readonly host: string;
      /** 0 lets the system choose. */
      readonly port: number;
      readonly path: null;
      /** As it was configured. */
      readonly text: string;
    }
  | {
      readonly scheme: 'unix';
      readonly host: null;
      readonly port: null;
      /** Path of the socket. */
      readonly path: string;
      readonly text: string;
    };

const NETWORK = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?\/?$/i;
const SOCKET = /^unix:(\/.*)$/i;

/** Reads `http://host[:port]`, `https://host[:port]` or `unix:/path`; undefined where the text is none of them. */
export function parseAddress(text: string, defaultPorts: { http: number; https: number }): Address | undefined {
  const socket = SOCKET.exec(text);
  if (socket?.[1] !== undefined) {
    return { scheme: 'unix', host: null, port: null, path: socket[1], text };
  }
  const network = NETWORK.exec(text);
  if (network?.[1] === undefined || network[2] === undefined) {
    return undefined;
  }
  const scheme = network[1].toLowerCase() === 'https' ? 'https' : 'http';
  const host = network[2].replace(/^\[|\]$/g, '');
  const port = network[3] === undefined ? defaultPorts[scheme] : Number(network[3]);
  return port > 65535 ? undefined : { scheme, host, port, path: null, text };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether a bind host can be reached from this machine alone. A name other than localhost counts as reachable. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  return family === 0 ? bare.toLowerCase() === 'localhost' : loopback.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether two listeners would share one socket. */
export function sameAddress(a: Address, b: Address): boolean {
  if (a.scheme === 'unix' || b.scheme === 'unix') {
    return a.path === b.path;
  }
  return a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port && a.port !== 0;
}
