import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/command.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const example = join(projectRoot, 'examples/voice_activity');
const python = process.env['TS_PYTHON'] ?? 'python3';
/** The commands of the README's one block of them. */
const [build, , pack, , listen] =
  /```sh\n(.*?)\n```/s.exec(readFileSync(join(example, 'README.md'), 'utf8'))?.[1]?.split('\n') ?? [];

let place: ServerPlace;
let address: string;
const type = async (line: string | undefined) => {
  const path = [dirname(python), join(projectRoot, 'bin'), process.env['PATH']].join(delimiter);
  const done = await runCommand(['sh', '-e', '-c', line ?? ''], { cwd: example, env: { ...place.env, PATH: path } });
  expect(done.status, done.stdout + done.stderr).toBe(0);
  return done.stdout;
};

beforeAll(async () => {
  place = await ServerPlace.make();
  await type(build);
  await type(pack?.replace('model_store', place.store));
  await place.start({ models: ['voice=voice.mar'] });
  address = `${place.inference.replace('http', 'ws')}/predictions/voice`;
});
afterAll(() => place?.close());

test('the client of the README hears two utterances', async () => {
  const printed = await type(`${listen} ${address}`);
  const told = /```\n(\d.*?)```/s.exec(readFileSync(join(example, 'README.md'), 'utf8'))?.[1];
  expect(printed).toBe(told);
});

test('several at once, in chunks of any size, each hear what plain PyTorch does', async () => {
  const sound = readFileSync(join(example, 'speech.wav')).subarray(44);
  const wanted: number[] = JSON.parse(readFileSync(join(example, 'build/expected.json'), 'utf8'));
  const hear = async (size: number): Promise<number[]> => {
    const client = await WebSocketClient.connect(address);
    const chances: number[] = [];
    for (let at = 0; at < sound.length; at += size) {
      const answer = await client.send(sound.subarray(at, at + size)).next();
      chances.push(...JSON.parse((answer as { text: string }).text).chances);
    }
    await client.close();
    return chances;
  };
  for (const chances of await Promise.all([1000, 3200, 40_000].map(hear))) {
    expect(chances).toHaveLength(wanted.length);
    for (const [index, chance] of chances.entries()) expect(chance).toBeCloseTo(wanted[index] as number, 4);
  }
});
