import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packArchive } from '../support/archive.js';
import { runCommand } from '../support/command.js';
import { processesLeft } from '../support/processes.js';
import { ServerPlace } from '../support/server.js';

let place: ServerPlace;
beforeEach(async () => {
  place = await ServerPlace.make();
});
afterEach(() => place.close());

const temporary = () => join(place.folder, 'tmp');
const pidFile = () => join(temporary(), '.model_server.pid');
const port = (address: string) => Number(new URL(address).port);
const said = (result: { stdout: string; stderr: string }) => result.stdout.trim().split('\n');

/** Writes config.properties for the ports of this place. */
function configure(...lines: string[]): void {
  const base = port(place.inference);
  const ports = [
    `inference_address=http://127.0.0.1:${base}`,
    `management_address=http://127.0.0.1:${base + 1}`,
    `metrics_address=http://127.0.0.1:${base + 2}`,
    `grpc_inference_port=${base + 3}`,
    `grpc_management_port=${base + 4}`,
    'default_workers_per_model=1',
  ];
  writeFileSync(join(place.folder, 'config.properties'), `${[...ports, ...lines].join('\n')}\n`);
}

const start = (...words: string[]) => place.torchserve('--start', '--ncs', '--model-store', 'model_store', ...words);

/** A handler that takes `delay` seconds for a request. */
async function slowModel(delay: number): Promise<string> {
  const handler = join(place.folder, 'slow.py');
  writeFileSync(
    handler,
    `import time\n\ndef handle(data, context):\n    if data is None:\n        return None\n    print("at work", flush=True)\n    time.sleep(${delay})\n    return ["done"] * len(data)\n`,
  );
  return await packArchive(place.store, { name: 'slow', handler: `${handler.replace(/\.py$/, '')}:handle` });
}

async function ping(): Promise<number> {
  return fetch(`${place.inference}/ping`).then(
    ({ status }) => status,
    () => 0,
  );
}

describe('words', () => {
  test('--version is a line that scripts know, and nothing else on standard output', async () => {
    const result = await place.torchserve('--version');
    expect(result).toMatchObject({ status: 0, stdout: 'TorchServe Version is 0.12.0\n' });
    expect(result.stderr).toMatch(/^torchbridge \d+\.\d+\.\d+\n$/);
  });

  test('unknown flags are refused with a hint', async () => {
    const result = await place.torchserve('--start', '--modle-store', 'x');
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(
      'torchserve: error: unrecognized arguments: --modle-store x (did you mean --model-store?)',
    );
  });

  test.each([
    [['--start', '--ncs'], 'Missing mandatory parameter --model-store'],
    [['--start', '--model-store', 'nowhere'], '--model-store directory not found: nowhere'],
    [
      ['--start', '--model-store', 'model_store', '--ts-config', 'no.properties'],
      '--ts-config file not found: no.properties',
    ],
    [['--start', '--model-store', 'model_store', '--workflow-store', 'no'], '--workflow-store directory not found: no'],
    [['--start', '--model-store', 'model_store', '--log-config', '/no.xml'], '--log-config file not found: /no.xml'],
    [['--model-store', 'model_store', '--cpp-log-config', '/no.cfg'], '--cpp-log-config file not found: /no.cfg'],
  ])('%j', async (words, message) => {
    const result = await place.torchserve(...words);
    expect(said(result)).toEqual([message]);
    expect(result.status).toBe(1);
    expect(readdirSync(temporary())).toEqual([]);
  });

  test('a value that cannot be read stops the start', async () => {
    configure('job_queue_size=many');
    const result = await start();
    expect(result.status).toBe(1);
    expect(result.stdout).toBe(
      `Invalid configuration: ${join(place.folder, 'config.properties')}, line 7: job_queue_size takes a whole number of 1 or more, not "many".\n`,
    );
  });

  test('a Python without what workers need is refused with the cure', async () => {
    configure();
    const python = join(place.folder, 'no-python');
    const result = await start('--python', python);
    expect(result.status).toBe(1);
    expect(said(result).at(-1)).toContain(`There is no Python at ${python} (as configured)`);
    expect(existsSync(pidFile())).toBe(false);
    expect(await processesLeft(place.folder)).toEqual([]);
  });

  test('a Python without torch is refused in one sentence, whatever its nursery printed meanwhile', async () => {
    configure();
    const bare = join(place.folder, 'bare');
    const made = await runCommand([process.env['TS_PYTHON'] ?? 'python3', '-m', 'venv', '--without-pip', bare], {
      cwd: place.folder,
    });
    expect(made.status).toBe(0);
    const result = await start('--python', join(bare, 'bin/python'));
    expect(result.status).toBe(1);
    expect(said(result).at(-1)).toMatch(
      /^The Python \S+ \(as configured\) lacks torch, .*; cure: .* -m pip install torch/,
    );
    expect(result.stdout + result.stderr).not.toContain('Traceback');
    expect(await processesLeft(place.folder)).toEqual([]);
  });

  test('a script that starts a Python is as good as the Python', async () => {
    configure();
    const script = join(place.folder, 'my-python');
    writeFileSync(script, `#!/bin/sh\nexec ${process.env['TS_PYTHON'] ?? 'python3'} "$@"\n`, { mode: 0o755 });
    await slowModel(0);
    const started = await start('--python', script, '--models', 'slow.mar');
    expect(started.status).toBe(0);
    const answer = await fetch(`${place.inference}/predictions/slow`, { method: 'POST', body: 'x' });
    expect(await answer.text()).toBe('done');
    const nurseries = place.processes().filter(({ command }) => command.includes('ts_worker.nursery'));
    // The nursery, and the worker that it forked.
    expect(nurseries).toHaveLength(2);
  });

  test('--check shows what is in effect and where it was said, and starts nothing', async () => {
    configure('job_queue_size=7', 'jop_queue_size=8');
    const result = await place.torchserve('--check', '--model-store', 'model_store');
    expect(result.status).toBe(0);
    const file = join(place.folder, 'config.properties');
    expect(said(result)).toEqual(
      expect.arrayContaining([
        'model_store = model_store  (--model-store)',
        `job_queue_size = 7  (${file}, line 7)`,
        'max_request_size = 6553500  (default)',
        'token authorization: off',
        `configuration file: ${file}`,
        `warning: ${file}, line 8: unknown key jop_queue_size; did you mean job_queue_size?`,
        expect.stringMatching(/^python: \/.* \(Python 3\.\d+\.\d+, torch \d/),
      ]),
    );
    expect(readdirSync(place.folder).sort()).toEqual(['config.properties', 'model_store', 'tmp']);
    appendFileSync(file, 'debug=perhaps\n');
    expect((await place.torchserve('--check', '--model-store', 'model_store')).status).toBe(1);
  });
});

describe('--start and --stop', () => {
  test('one server a temporary folder, up when the command returns and gone when it is stopped', async () => {
    configure();
    const started = await start();
    expect(started.status).toBe(0);
    expect(said(started).at(-1)).toBe('Model server started.');
    expect(await ping()).toBe(200);
    const pid = Number(readFileSync(pidFile(), 'utf8'));
    expect(readFileSync(pidFile(), 'utf8')).toBe(String(pid));
    // A session of its own, which a terminal's end does not reach.
    const session = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]);
    expect(session).toBe(pid);

    const again = await start();
    expect(again.status).toBe(1);
    expect(said(again)).toEqual(['TorchServe is already running, please use torchserve --stop to stop TorchServe.']);

    writeFileSync(join(place.folder, 'key_file.json'), '{}');
    const stopped = await place.torchserve('--stop');
    expect(stopped.status).toBe(0);
    expect(said(stopped).at(-1)).toBe('TorchServe has stopped.');
    expect(await ping()).toBe(0);
    expect(readdirSync(temporary())).toEqual([]);
    expect(existsSync(join(place.folder, 'key_file.json'))).toBe(false);
    expect(await processesLeft(place.folder, 2000)).toEqual([]);
    expect(said(await place.torchserve('--stop'))).toEqual(['TorchServe is not currently running.']);
  });

  test('a taken port is said in one sentence, and nothing is left', async () => {
    configure();
    const other = createServer().listen(port(place.management), '127.0.0.1');
    await once(other, 'listening');
    try {
      const result = await start();
      expect(result.status).toBe(1);
      expect(said(result).at(-1)).toContain(`127.0.0.1:${port(place.management)}`);
      expect(readdirSync(temporary())).toEqual([]);
      expect(await processesLeft(place.folder, 2000)).toEqual([]);
    } finally {
      other.close();
    }
  });

  test('a server that was killed leaves a pid file that does not matter', async () => {
    configure();
    await start();
    process.kill(Number(readFileSync(pidFile(), 'utf8')), 'SIGKILL');
    expect(await processesLeft(place.folder, 30_000)).toEqual([]);
    const again = await start();
    expect(said(again)[0]).toBe('Removing orphan pid file.');
    expect(again.status).toBe(0);
    expect(await ping()).toBe(200);
  });

  test('the id of another program in the pid file is no server', async () => {
    configure();
    writeFileSync(pidFile(), String(process.pid));
    expect(said(await place.torchserve('--stop'))).toEqual(['TorchServe is not currently running.']);
    expect(readFileSync(pidFile(), 'utf8')).toBe(String(process.pid));
    expect((await start()).status).toBe(0);
    expect(readFileSync(pidFile(), 'utf8')).not.toBe(String(process.pid));
  });

  test('a request in flight is answered before the server ends', async () => {
    configure();
    const archive = await slowModel(3);
    await start('--models', `slow=${archive}`);
    await expect.poll(ready, { timeout: 20_000 }).toBe(true);
    const answer = fetch(`${place.inference}/predictions/slow`, { method: 'POST', body: 'x' }).then((it) => it.text());
    await expect.poll(() => place.log(), { timeout: 10_000 }).toContain('at work');
    const stopped = await place.torchserve('--stop');
    expect(await answer).toBe('done');
    expect(said(stopped).at(-1)).toBe('TorchServe has stopped.');
    expect(await processesLeft(place.folder, 2000)).toEqual([]);
  });
});

async function ready(): Promise<boolean> {
  const answer = await fetch(`${place.management}/models/slow`).catch(() => null);
  return answer?.ok ? JSON.stringify(await answer.json()).includes('"READY"') : false;
}

describe('--foreground', () => {
  let child: ChildProcess;
  const output = () => join(place.folder, 'output');

  async function foreground(): Promise<void> {
    const [file = '', ...words] = place.release.torchserve;
    const out = openSync(output(), 'w');
    child = spawn(file, [...words, '--foreground', '--ncs', '--model-store', 'model_store'], {
      cwd: place.folder,
      env: place.env,
      stdio: ['ignore', out, out],
    });
    await expect.poll(() => readFileSync(output(), 'utf8'), { timeout: 30_000 }).toContain('Model server started.');
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('ends in good order on %s', async (signal) => {
    configure();
    await foreground();
    expect(await ping()).toBe(200);
    expect(readFileSync(pidFile(), 'utf8')).toBe(String(child.pid));
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(readdirSync(temporary())).toEqual([]);
    expect(await processesLeft(place.folder, 2000)).toEqual([]);
  });

  test('ends at once on the second signal', async () => {
    configure();
    const archive = await slowModel(20);
    configure(`load_models=${archive}`);
    await foreground();
    await expect.poll(ready, { timeout: 20_000 }).toBe(true);
    const answer = fetch(`${place.inference}/predictions/slow`, { method: 'POST', body: 'x' }).catch(() => 'cut');
    await expect.poll(() => place.log(), { timeout: 10_000 }).toContain('at work');
    child.kill('SIGTERM');
    await sleep(300);
    child.kill('SIGTERM');
    const began = Date.now();
    expect(await once(child, 'exit')).toEqual([143, null]);
    expect(Date.now() - began).toBeLessThan(2000);
    expect(await answer).toBe('cut');
    expect(existsSync(pidFile())).toBe(false);
    expect(await processesLeft(place.folder, 5000)).toEqual([]);
  });

  test('is stopped by --stop', async () => {
    configure();
    await foreground();
    const ended = once(child, 'exit');
    expect(said(await place.torchserve('--stop')).at(-1)).toBe('TorchServe has stopped.');
    expect(await ended).toEqual([0, null]);
  });

  test('returns the status of a server that does not come up', async () => {
    configure('job_queue_size=0');
    const result = await place.torchserve('--foreground', '--ncs', '--model-store', 'model_store');
    expect(result.status).toBe(1);
    expect(result.stdout).toContain('job_queue_size takes');
  });
});

describe('logs', () => {
  const log = (name: string) => readFileSync(join(place.folder, 'logs', name), 'utf8');

  test('lie where and look as operators know them', async () => {
    configure();
    await start();
    expect(
      readdirSync(join(place.folder, 'logs'))
        .filter((name) => name.endsWith('.log'))
        .sort(),
    ).toEqual(['access_log.log', 'model_log.log', 'model_metrics.log', 'ts_log.log', 'ts_metrics.log']);
    await ping();
    await expect
      .poll(() => log('access_log.log'))
      .toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3} - \/127\.0\.0\.1:\d+ "GET \/ping HTTP\/1\.1" 200 \d+\n$/);
    expect(log('ts_log.log')).toMatch(/,\d{3} \[INFO \] main ACCESS_LOG - \/127/);
  });

  test('go elsewhere, and a folder that cannot be made does not stop the server', async () => {
    configure();
    writeFileSync(join(place.folder, 'taken'), '');
    const env = { ...place.env, LOG_LOCATION: 'elsewhere', METRICS_LOCATION: 'taken' };
    await place.start({ env });
    expect(readdirSync(join(place.folder, 'elsewhere'))).toContain('ts_log.log');
    expect(readFileSync(join(place.folder, 'elsewhere/ts_log.log'), 'utf8')).toContain('Cannot write the log');
    expect(await ping()).toBe(200);
  });

  test('are written as --log-config says', async () => {
    configure();
    writeFileSync(join(place.folder, 'logs.yaml'), 'format: json\nconsole: false\nlogs: { access: { echo: false } }\n');
    const started = await start('--log-config', 'logs.yaml');
    expect(started).toMatchObject({ status: 0, stdout: 'Model server started.\n' });
    await ping();
    await expect.poll(() => log('access_log.log')).not.toBe('');
    expect(JSON.parse(log('access_log.log'))).toMatchObject({
      level: 'INFO',
      method: 'GET',
      uri: '/ping',
      status: 200,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(log('ts_log.log')).not.toContain('ACCESS_LOG');
  });
});
