import type { IncomingHttpHeaders } from 'node:http';
import { isLoopbackHost } from '../../config/address.js';
import { ServingError } from '../../errors/serving-error.js';

/** Whom the guard lets through besides the server's own pages. */
export interface WebGuardOptions {
  /** Names, without ports, that a Host header may carry besides those of the loopback interface. */
  readonly hosts: readonly string[];
  /** Origins, as `scheme://host[:port]`, whose pages may drive the server. */
  readonly origins: readonly string[];
  /** Whether a Host has to be known; false where the listener is not on the loopback interface, and may have any name. */
  readonly checkHost: boolean;
}

/**
 * Keeps web pages from driving a server that asks for no token: a browser on this machine reaches the loopback interface
 * for whatever page it shows. A page gives itself away by its Origin, by the Host of a name that was rebound to this
 * machine, or by what the browser says of where the request came from.
 */
export class WebGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #checkHost: boolean;

  constructor(options: WebGuardOptions) {
    this.#hosts = new Set(options.hosts.map((host) => hostName(host.toLowerCase())));
    this.#origins = new Set(options.origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
    this.#checkHost = options.checkHost;
  }

  /** @throws ServingError forbiddenOrigin, saying what was refused and how to allow it. */
  check(method: string, headers: IncomingHttpHeaders): void {
    const host = headers.host?.toLowerCase();
    if (this.#checkHost && host !== undefined && !this.#isKnown(hostName(host))) {
      throw new ServingError(
        'forbiddenOrigin',
        `The Host ${JSON.stringify(headers.host)} is not a name of this server; use a loopback name, or add it to trusted_hosts.`,
      );
    }
    const origin = headers.origin?.toLowerCase();
    if (origin !== undefined) {
      if (!this.#isOwn(origin, host) && !this.#origins.has(origin)) {
        throw new ServingError(
          'forbiddenOrigin',
          `Pages of ${JSON.stringify(headers.origin)} may not drive this server; add the origin to trusted_origins to allow it.`,
        );
      }
      return;
    }
    const site = headers['sec-fetch-site'];
    if (method !== 'GET' && method !== 'HEAD' && (site === 'cross-site' || site === 'same-site')) {
      throw new ServingError(
        'forbiddenOrigin',
        'A page of another site may not drive this server; add its origin to trusted_origins to allow it.',
      );
    }
  }

  #isKnown(name: string): boolean {
    return name === 'localhost' || name.endsWith('.localhost') || isLoopbackHost(name) || this.#hosts.has(name);
  }

  /** Whether a page came from this very server. */
  #isOwn(origin: string, host: string | undefined): boolean {
    return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  }
}

/** A Host header without its port, an IPv6 address without its brackets. */
function hostName(host: string): string {
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');
}
