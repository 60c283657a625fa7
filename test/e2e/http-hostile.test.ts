import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { type HostileRequest, hostileRequest } from '../support/hostile-requests.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

/** Requests that are sent; the nightly run asks for more. */
const REQUESTS = Number(process.env['HOSTILE_REQUESTS'] ?? 2000);
/** Sent at once. */
const BURST = 20;
const ANSWER_LIMIT_MS = 10_000;
const MEGABYTE = 2 ** 20;

let place: ServerPlace;
let server: number;

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const name of ['calm', 'victim']) {
    await packArchive(place.store, { name, handler: join(projectRoot, 'test/fixtures/handlers/echo_length.py') });
  }
  await place.start({ models: ['calm=calm.mar'] });
  server = serverPid();
});
afterAll(() => place?.close());

test(
  `${REQUESTS} random and hostile requests: each is answered or its connection ended, and nothing is lost or kept`,
  async () => {
    // What a server takes once (compiled code, pools) is taken before the measure is.
    await throwAt(Math.min(REQUESTS, 1000), 1);
    const before = await footprint();
    await throwAt(REQUESTS, Date.now());
    const after = await footprint();
    expect(serverPid()).toBe(server);
    expect((await fetch(`${place.inference}/ping`)).status).toBe(200);
    expect((await fetch(`${place.inference}/predictions/calm`, { method: 'POST', body: 'four' })).status).toBe(200);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 4);
    expect(after.bytes - before.bytes).toBeLessThan(48 * MEGABYTE);
    expect(place.log()).not.toMatch(/failed by a defect/);
  },
  (120 + REQUESTS / 10) * 1000,
);

async function throwAt(requests: number, seed: number): Promise<void> {
  const burst = fc.array(hostileRequest({ model: 'calm', victim: 'victim' }), { minLength: BURST, maxLength: BURST });
  await fc.assert(
    fc.asyncProperty(burst, async (messages) => {
      const answers = await Promise.all(messages.map(send));
      for (const [index, answer] of answers.entries()) {
        const shown = Buffer.concat(messages[index]?.pieces ?? [])
          .subarray(0, 1000)
          .toString('latin1');
        expect(answer, shown).not.toMatch(/^HTTP\/1\.1 5|^no answer/m);
      }
    }),
    { numRuns: Math.ceil(requests / BURST), seed, endOnFailure: true },
  );
}

/** Sends a message; answers all that came back, or says that nothing came in time. */
function send(message: HostileRequest): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(place[message.api]);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const received: Buffer[] = [];
    const timer = setTimeout(() => done('no answer'), ANSWER_LIMIT_MS);
    let quiet: NodeJS.Timeout | undefined;
    const done = (answer: string) => {
      clearTimeout(timer);
      clearTimeout(quiet);
      socket.destroy();
      resolve(answer);
    };
    const heads = () => Buffer.concat(received).toString('latin1');
    socket.on('error', () => done(heads()));
    socket.on('close', () => done(heads()));
    socket.on('end', () => done(heads()));
    socket.on('data', (piece: Buffer) => {
      received.push(piece);
      // A connection that is kept open has been answered once it falls silent.
      clearTimeout(quiet);
      quiet = setTimeout(() => done(heads()), 50);
    });
    void (async () => {
      for (const piece of message.pieces) {
        socket.write(piece);
        if (message.pieces.length > 1) await sleep(2);
      }
      if (message.afterwards === 'end') socket.end();
      if (message.afterwards === 'drop') done('');
    })();
  });
}

function serverPid(): number {
  const found = place.processes().filter(({ command }) => /^torchserve server/.test(command));
  if (found.length !== 1) throw new Error(`which is the server? ${JSON.stringify(place.processes())}`);
  return (found[0] as { pid: number }).pid;
}

/** What the server holds once it has come to rest. */
async function footprint(): Promise<{ descriptors: number; bytes: number }> {
  await sleep(1500);
  const status = readFileSync(`/proc/${server}/status`, 'utf8');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { descriptors: readdirSync(`/proc/${server}/fd`).length, bytes: kilobytes * 1024 };
}
