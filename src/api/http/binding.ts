import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Address } from '../../config/address.js';
import { StartupError } from '../../errors/startup-error.js';
import type { Listener } from './listener.js';

/** Binds a listener to its address. @throws StartupError naming the address and why it cannot be had. */
export async function bind(listener: Listener): Promise<void> {
  const { address } = listener;
  if (address.scheme === 'unix') {
    await clearSocket(address.path);
  }
  try {
    await listener.open();
  } catch (error) {
    throw new StartupError(
      `Failed to bind to address: ${address.text} (${whyNotBound(error as NodeJS.ErrnoException, address.scheme)}).`,
    );
  }
}

function whyNotBound(error: NodeJS.ErrnoException, scheme: Address['scheme']): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process listens there; stop it, or configure another address';
    case 'EACCES':
      return scheme === 'unix'
        ? 'its folder is not there, or this user may not write to it; make it, or configure another path'
        : 'this user may not bind it; use a port above 1023';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this machine has no such address; use one of its own, or 0.0.0.0 for all';
    default:
      return error.message;
  }
}

/** Removes the socket that a server left behind; leaves a living one and anything else alone. */
async function clearSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) {
    return;
  }
  if (!found.isSocket()) {
    throw new StartupError(
      `Failed to bind to address: unix:${path} (a file stands there that is no socket; move it away).`,
    );
  }
  if (await answers(path)) {
    throw new StartupError(
      `Failed to bind to address: unix:${path} (another process listens there; stop it, or configure another path).`,
    );
  }
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
