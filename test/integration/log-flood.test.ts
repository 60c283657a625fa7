import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { ServerPlace } from '../support/server.js';

/** How much the handler prints; the full form has 1024. */
const megabytes = Number(process.env['TORCHBRIDGE_FLOOD_MB'] ?? 64);

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  place = await ServerPlace.make();
  api = apiOf(place);
  const handler = join(place.folder, 'flood.py');
  writeFileSync(
    handler,
    `
import sys

def handle(data, context):
    if data is None:
        return None
    if data[0]["body"] == "flood":
        line = "x" * 1023
        for _ in range(${megabytes} * 1024):
            print(line)
    return ["done"] * len(data)
`,
  );
  for (const name of ['flood', 'calm']) await packArchive(place.store, { name, handler });
  await place.start({ models: ['flood.mar', 'calm.mar'] });
});
afterAll(() => place?.close());

/** Megabytes of memory that the server itself holds. */
const resident = () => place.residentBytes / 2 ** 20;

it.runIf(process.platform === 'linux')(
  'a handler that prints a great deal neither holds up other requests nor fills memory or disk',
  { timeout: 60_000 + megabytes * 1000 },
  async () => {
    const settled = async (model: string) => (await api.predict(model, 'x')).status;
    for (const model of ['flood', 'calm']) await expect.poll(() => settled(model), { timeout: 30_000 }).toBe(200);
    const before = resident();
    let most = before;
    let slowest = 0;
    let answered = 0;
    const began = performance.now();
    let over = false;
    const flood = api.predict('flood', 'flood').finally(() => {
      over = true;
    });
    while (!over) {
      const sent = performance.now();
      expect(await settled('calm')).toBe(200);
      slowest = Math.max(slowest, performance.now() - sent);
      answered += 1;
      most = Math.max(most, resident());
    }
    expect((await flood).status).toBe(200);
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `${megabytes} MB in ${seconds.toFixed(1)} s; memory ${before.toFixed(0)} → ${most.toFixed(0)} MB; beside it ${answered} requests, the slowest ${slowest.toFixed(0)} ms`,
    );
    expect(most - before).toBeLessThan(250);
    expect(slowest).toBeLessThan(5000);
    const logs = join(place.folder, 'logs');
    const sizes = readdirSync(logs).map((name) => statSync(join(logs, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2.2 * megabytes * 2 ** 20 + 2 ** 24);
  },
);
