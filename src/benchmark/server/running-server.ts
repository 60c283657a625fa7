import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { StartupError } from '../../errors/startup-error.js';
import { versionOf } from './management-client.js';
import type { TargetServer } from './target-server.js';

/** What is known of a server that runs already, beside its address. */
export interface RunningServerOptions {
  /** Address of the management API; port 8081 (or one above the inference port) of the same host unless given. */
  readonly management?: string | undefined;
  /** `host:port` of the gRPC inference API; port 7070 of the same host unless given. */
  readonly grpc?: string | undefined;
  /** Its first process, where it runs on this machine. */
  readonly pid?: number | undefined;
  /** The key_file.json that it wrote. */
  readonly keyFile?: string | undefined;
}

/**
 * A server at an address, which is left running.
 * @throws StartupError where nothing answers there, or the key file cannot be read.
 */
export async function findRunningServer(address: string, options: RunningServerOptions): Promise<TargetServer> {
  const url = new URL(address);
  const inference = address.replace(/\/+$/, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const management = (options.management ?? `${url.protocol}//${url.hostname}:${port + 1}`).replace(/\/+$/, '');
  try {
    await fetch(`${inference}/ping`, { signal: AbortSignal.timeout(10_000) });
  } catch {
    throw new StartupError(`No server answers at ${inference}/ping: start it, or correct the address.`);
  }
  return {
    label: inference,
    version: await versionOf(inference),
    inference,
    management,
    grpc: options.grpc ?? `${url.hostname}:7070`,
    pid: options.pid ?? null,
    logs: null,
    tokens: tokensOf(options.keyFile),
    // It cannot be given a file, but one on this machine can be named to it.
    archiveAddress: (archive) => (existsSync(archive) ? pathToFileURL(resolve(archive)).href : archive),
    close: async () => {},
  };
}

const key = z.object({ key: z.string() });
const keys = z.object({ management: key, inference: key });

function tokensOf(file: string | undefined): TargetServer['tokens'] {
  if (file === undefined) return { inference: null, management: null };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new StartupError(
      `The key file ${resolve(file)} cannot be read: name the key_file.json of the running server.`,
    );
  }
  const read = keys.safeParse(content);
  if (!read.success) throw new StartupError(`The key file ${resolve(file)} holds no tokens of a server.`);
  return { inference: read.data.inference.key, management: read.data.management.key };
}
