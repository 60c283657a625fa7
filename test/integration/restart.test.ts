import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { processesLeft } from '../support/processes.js';
import { ServerPlace } from '../support/server.js';

/** How often the server is killed; the nightly form has 50. */
const kills = Number(process.env['TORCHBRIDGE_KILLS'] ?? 3);

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeEach(async () => {
  place = await ServerPlace.make();
  // Folders are archives that need no packing.
  for (const [folder, version] of [
    ['m1', '1.0'],
    ['m2', '2.0'],
    ['m3', '3.0'],
  ] as const) {
    mkdirSync(join(place.store, folder, 'MAR-INF'), { recursive: true });
    writeFileSync(
      join(place.store, folder, 'handler.py'),
      'def handle(data, context):\n    return ["ok"] * len(data or [])\n',
    );
    const model = { modelName: 'm', modelVersion: version, handler: 'handler.py' };
    writeFileSync(join(place.store, folder, 'MAR-INF/MANIFEST.json'), JSON.stringify({ runtime: 'python', model }));
  }
  api = apiOf(place);
});
afterEach(async () => {
  await place.close();
});

const start = () => place.start({ snapshots: true });

async function kill(): Promise<void> {
  process.kill(place.pid, 'SIGKILL');
  expect(await processesLeft(place.folder, 10_000)).toEqual([]);
}

/** What a restart has to bring back: each version's minimum, maximum and batch size, and which one is the default. */
interface Registered {
  readonly versions: Readonly<Record<string, readonly [min: number, max: number, batchSize: number]>>;
  readonly default: string | null;
}

const nothing: Registered = { versions: {}, default: null };

async function registered(): Promise<Registered> {
  const versions = await (await fetch(`${place.management}/models/m/all`)).json();
  if (!Array.isArray(versions)) return nothing;
  const rows = versions.map(({ modelVersion, minWorkers, maxWorkers, batchSize }) => [
    modelVersion,
    [minWorkers, maxWorkers, batchSize],
  ]);
  return { versions: Object.fromEntries(rows.sort()), default: (await api.describe('m')).modelVersion };
}

/** A change: the call that asks for it, and what it makes of a state in which it can be done. */
interface Change {
  readonly call: () => Promise<unknown>;
  readonly can: (state: Registered) => boolean;
  readonly apply: (state: Registered) => Registered;
}

function register(folder: string, version: string, batchSize: number): Change {
  return {
    call: () => api.register(`url=${folder}&initial_workers=0&batch_size=${batchSize}`),
    can: (state) => !(version in state.versions),
    apply: (state) => ({
      versions: { ...state.versions, [version]: [0, 0, batchSize] },
      default: state.default ?? version,
    }),
  };
}

function scale(version: string, least: number, most: number): Change {
  return {
    call: () => api.scale(`m/${version}`, `min_worker=${least}&max_worker=${most}`),
    can: (state) => version in state.versions,
    apply: (state) => ({
      ...state,
      versions: { ...state.versions, [version]: [least, most, state.versions[version]?.[2] ?? 0] },
    }),
  };
}

function setDefault(version: string): Change {
  return {
    call: () => fetch(`${place.management}/models/m/${version}/set-default`, { method: 'PUT' }),
    can: (state) => version in state.versions,
    apply: (state) => ({ ...state, default: version }),
  };
}

function unregister(version: string): Change {
  return {
    call: () => api.unregister(`m/${version}`),
    can: (state) =>
      version in state.versions && (state.default !== version || Object.keys(state.versions).length === 1),
    apply: (state) => {
      const { [version]: _gone, ...versions } = state.versions;
      return { versions, default: state.default === version ? null : state.default };
    },
  };
}

const changes = [
  register('m1', '1.0', 1),
  register('m2', '2.0', 3),
  scale('1.0', 0, 2),
  setDefault('2.0'),
  unregister('1.0'),
  scale('2.0', 1, 1),
  register('m3', '3.0', 5),
  scale('2.0', 0, 0),
  setDefault('3.0'),
  unregister('2.0'),
  unregister('3.0'),
];

describe('a server that is started again', () => {
  it('serves what it served, in the same versions, with the same default and workers', {
    timeout: 120_000,
  }, async () => {
    await start();
    await api.register('url=m1&initial_workers=1&batch_size=2&max_batch_delay=20&response_timeout=9');
    await api.register('url=m2&initial_workers=0');
    await fetch(`${place.management}/models/m/2.0/set-default`, { method: 'PUT' });
    await api.scale('m/2.0', 'min_worker=1&max_worker=2&synchronous=true');
    const before = await registered();
    await place.stop();
    await start();
    expect(await registered()).toEqual(before);
    await expect.poll(async () => (await api.predict('m', 'x')).status, { timeout: 30_000 }).toBe(200);
    const folder = join(place.folder, 'logs/config');
    const shutdown = readdirSync(folder).find((name) => name.endsWith('-shutdown.cfg'));
    expect(readFileSync(join(folder, shutdown as string), 'utf8')).toContain('model_snapshot={');
    await place.stop();
    await place.start({ snapshots: true, options: ['--no-config-snapshots'] });
    expect((await api.list()).json.models).toEqual([]);
  });

  it('comes up without what its snapshot cannot give, and says so', async () => {
    await start();
    await api.register('url=m1&initial_workers=0');
    await place.stop();
    const folder = join(place.folder, 'logs/config');
    const last = readdirSync(folder).sort().at(-1) as string;
    writeFileSync(
      join(folder, last),
      readFileSync(join(folder, last), 'utf8').replace('\\"m1\\"', '\\"gone\\"').replace('"m1"', '"gone"'),
    );
    await start();
    expect((await api.list()).json.models).toEqual([]);
    expect(place.log()).toMatch(/Model m 1\.0 of the snapshot could not be restored: Model not found at: gone/);
  });

  it('after it was killed serves the last state that it acknowledged', {
    timeout: 60_000 + kills * 20_000,
  }, async () => {
    await start();
    let state = await registered();
    for (let round = 0, step = 0; round < kills; round++) {
      const killed = sleep(50 + Math.random() * 1500).then(kill);
      let possible = [state];
      for (let dead = false; !dead; step++) {
        const change = changes[step % changes.length] as Change;
        if (!change.can(state)) continue;
        possible = [state, change.apply(state)];
        await change.call().then(
          () => {
            state = change.apply(state);
            possible = [state];
          },
          () => {
            dead = true;
          },
        );
      }
      await killed;
      await start();
      state = await registered();
      expect(possible).toContainEqual(state);
    }
  });
});
