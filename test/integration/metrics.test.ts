import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { fakeGpus } from '../support/fake-gpus.js';
import { inferenceClient } from '../support/grpc.js';
import { prometheusInstalled } from '../support/prometheus.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/measures.py');
const host = hostname();
const open = ['default_workers_per_model=1', 'disable_token_authorization=true', 'enable_model_api=true'];
const metricsYaml = `
ts_metrics:
  counter:
    - {name: Requests2XX, unit: Count, dimensions: [Level, Hostname]}
    - {name: Requests4XX, unit: Count, dimensions: [Level, Hostname]}
    - {name: Requests5XX, unit: Count, dimensions: [Level, Hostname]}
    - {name: ts_inference_requests_total, unit: Count, dimensions: [model_name, model_version, hostname]}
    - {name: ts_inference_latency_microseconds, unit: Microseconds, dimensions: [model_name, model_version, hostname]}
    - {name: ts_queue_latency_microseconds, unit: Microseconds, dimensions: [model_name, model_version, hostname]}
  gauge:
    - {name: QueueTime, unit: Milliseconds, dimensions: [Level, Hostname]}
    - {name: WorkerThreadTime, unit: Milliseconds, dimensions: [Level, Hostname]}
    - {name: WorkerLoadTime, unit: Milliseconds, dimensions: [WorkerName, Level, Hostname]}
    - {name: CPUUtilization, unit: Percent, dimensions: [Level, Hostname]}
    - {name: GPUUtilization, unit: Percent, dimensions: [Level, DeviceId, Hostname]}
model_metrics:
  counter:
    - {name: Mine, unit: Pieces, dimensions: [ModelName, Level]}
  gauge:
    - {name: MyTime, unit: Milliseconds, dimensions: [ModelName, Level]}
    - {name: MySize, unit: Megabytes, dimensions: [ModelName, Level]}
    - {name: MyShare, unit: Percent, dimensions: [ModelName, Level]}
    - {name: PredictionTime, unit: ms, dimensions: [ModelName, Level]}
  histogram:
    - {name: MySpread, unit: count, dimensions: [ModelName, Level]}
`;

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

beforeEach(async () => {
  place = await ServerPlace.make();
  api = apiOf(place);
  await packArchive(place.store, { name: 'measures', handler });
  writeFileSync(join(place.folder, 'metrics.yaml'), metricsYaml);
});
afterEach(async () => {
  await place.close();
});

async function start(...config: string[]): Promise<void> {
  await place.start({ models: ['measures.mar'], config: [...open, 'metrics_config=metrics.yaml', ...config] });
  await expect.poll(async () => (await api.predict('measures', 'x')).status, { timeout: 30_000 }).toBe(200);
}

async function scrape(names: readonly string[] = []): Promise<string> {
  const query = names.map((name) => `name[]=${name}`).join('&');
  const answer = await fetch(`${place.metrics}/metrics?${query}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return await answer.text();
}

/** The value of a sample; undefined where there is none. */
function value(text: string, sample: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
}

const logged = (name: string): string => readFileSync(join(place.folder, 'logs', name), 'utf8');

describe('prometheus mode', () => {
  it('exposes metrics of the server, of handlers and of ours', async () => {
    await start('metrics_mode=prometheus', 'metric_time_interval=1');
    for (let count = 0; count < 3; count += 1) await api.predict('measures', 'x');
    await api.predict('nope', 'x');
    const grpc = inferenceClient(place.grpcInference);
    await grpc.call('Predictions', { model_name: 'measures', model_version: '1.0' });
    await grpc.call('Predictions', { model_name: 'nope' });
    for (const path of ['/made.Up/One', '/made.Up/Two']) await grpc.callPath(path);
    grpc.close();

    const text = await scrape();
    const named = (version: string) => `{model_name="measures",model_version="${version}",hostname="${host}",}`;
    const asked = value(text, `ts_inference_requests_total${named('default')}`) as number;
    expect(asked).toBeGreaterThanOrEqual(4);
    expect(value(text, `ts_inference_requests_total${named('1.0')}`)).toBe(1);
    expect(value(text, `ts_inference_latency_microseconds${named('default')}`)).toBeGreaterThan(
      value(text, `ts_queue_latency_microseconds${named('default')}`) as number,
    );
    expect(value(text, `Requests4XX{Level="Host",Hostname="${host}",}`)).toBe(1);
    expect(value(text, `Requests2XX{Level="Host",Hostname="${host}",}`)).toBeGreaterThanOrEqual(4);
    for (const name of ['QueueTime', 'WorkerThreadTime']) {
      expect(value(text, `${name}{Level="Host",Hostname="${host}",}`)).toBeGreaterThanOrEqual(0);
    }
    expect(
      value(text, `WorkerLoadTime{WorkerName="W-9000-measures_1.0",Level="Host",Hostname="${host}",}`),
    ).toBeGreaterThan(0);
    expect(text).toContain(
      '# HELP GPUUtilization Torchserve prometheus gauge metric with unit: Percent\n# TYPE GPUUtilization gauge\n',
    );

    const own = `{ModelName="measures",Level="Model",Hostname="${host}",}`;
    // Two by the API and five by the line that is printed, each time; what is below zero is refused.
    expect((value(text, `Mine${own}`) as number) % 7).toBe(0);
    expect(value(text, `MyTime${own}`)).toBe(12.5);
    expect(value(text, `MySize${own}`)).toBe(3.25);
    expect(value(text, `MyShare${own}`)).toBe(50);
    expect(value(text, `PredictionTime${own}`)).toBeGreaterThan(0);
    expect(text).toMatch(/MySpread_bucket\{ModelName="measures",Level="Model",Hostname="[^"]+",le="0\.5",\} [5-9]\.0/);
    expect(text).not.toContain('NotListed');

    const ours = '{model_name="measures",model_version="1.0",}';
    expect(value(text, `torchbridge_queue_depth${ours}`)).toBe(0);
    expect(value(text, `torchbridge_request_seconds_count${ours}`)).toBe(asked + 1 - refused(text));
    expect(value(text, `torchbridge_batch_size_sum${ours}`)).toBe(asked + 1 - refused(text));
    expect(value(text, 'torchbridge_workers{model_name="measures",model_version="1.0",state="ready",}')).toBe(1);
    expect(value(text, `torchbridge_worker_starts_total${ours}`)).toBe(1);
    expect(value(text, 'torchbridge_link_bytes_total{direction="to_worker",}')).toBeGreaterThan(100);
    const method = 'org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions';
    expect(value(text, `torchbridge_grpc_calls_total{method="${method}",code="OK",}`)).toBe(1);
    expect(value(text, `torchbridge_grpc_calls_total{method="${method}",code="NOT_FOUND",}`)).toBe(1);
    expect(value(text, 'torchbridge_grpc_calls_total{method="unknown",code="UNIMPLEMENTED",}')).toBe(2);
    expect(text).not.toContain('made.Up');
    await expect
      .poll(async () => value(await scrape(), `CPUUtilization{Level="Host",Hostname="${host}",}`), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(0);

    expect(await scrape(['Mine', 'MySpread_count'])).toMatch(
      /^# HELP Mine .*\n# TYPE Mine counter\nMine\{.*\n# HELP MySpread .*\n# TYPE MySpread histogram\nMySpread_count\{.*\n$/,
    );
    expect(logged('ts_metrics.log')).toBe('');
    expect(logged('model_metrics.log')).toBe('');
  });

  it('counts deaths by their reason', async () => {
    await packArchive(place.store, {
      name: 'misbehave',
      handler: join(projectRoot, 'test/fixtures/handlers/misbehave.py'),
    });
    await start('metrics_mode=prometheus');
    expect((await api.register('url=misbehave.mar&initial_workers=1&response_timeout=1')).status).toBe(200);
    const die = async (words: string) => {
      await api.predict('misbehave', words);
      await expect.poll(async () => (await api.predict('misbehave', 'ok')).status, { timeout: 20_000 }).toBe(200);
    };
    await die('exit 3');
    await die('crash');
    await die('sleep 3');
    const text = await scrape(['torchbridge_worker_deaths_total', 'torchbridge_requests_failed_total']);
    for (const reason of ['exited', 'signal', 'response_timeout']) {
      expect(
        value(text, `torchbridge_worker_deaths_total{model_name="misbehave",model_version="1.0",reason="${reason}",}`),
      ).toBe(1);
    }
    expect(
      value(text, 'torchbridge_requests_failed_total{model_name="misbehave",model_version="1.0",kind="internal",}'),
    ).toBe(3);
  });

  it('takes metrics that are not listed where they are to be detected', async () => {
    await start('metrics_mode=prometheus', 'model_metrics_auto_detect=true');
    const text = await scrape(['NotListed', 'Loads']);
    expect(value(text, `NotListed{ModelName="measures",Level="Model",Hostname="${host}",}`)).toBeGreaterThanOrEqual(1);
    expect(text).toContain('Loads{');
    await expect
      .poll(() => place.log(), { timeout: 5000 })
      .toMatch(
        /Registering auto detected backend metric: NotListed\.Count:1\.0\|#ModelName:measures,Level:Model\|#hostname:/,
      );
  });
});

/** Requests that were refused while the worker was not there yet. */
function refused(text: string): number {
  return (
    value(text, 'torchbridge_requests_failed_total{model_name="measures",model_version="1.0",kind="unavailable",}') ?? 0
  );
}

describe('log mode', () => {
  it('writes every value, and exposes nothing', async () => {
    await start();
    const answer = await fetch(`${place.inference}/predictions/measures`, { method: 'POST', body: 'x' });
    const id = answer.headers.get('x-request-id');
    const server = () => logged('ts_metrics.log');
    const model = () => logged('model_metrics.log');
    await expect.poll(model, { timeout: 5000 }).toContain(`PredictionTime.ms:`);
    const stamp = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d,\\d{3} - ';
    const tail = `\\|#hostname:${host},timestamp:\\d{10}`;
    await expect
      .poll(server, { timeout: 5000 })
      .toMatch(new RegExp(`^${stamp}Requests2XX\\.Count:1\\.0\\|#Level:Host${tail}$`, 'm'));
    expect(server()).toMatch(
      new RegExp(
        `^${stamp}ts_inference_requests_total\\.Count:1\\.0\\|#model_name:measures,model_version:default${tail}$`,
        'm',
      ),
    );
    expect(server()).toMatch(
      new RegExp(`^${stamp}ts_inference_latency_microseconds\\.Microseconds:[\\d.E]+\\|#model_name:measures`, 'm'),
    );
    expect(server()).toMatch(new RegExp(`^${stamp}QueueTime\\.Milliseconds:\\d+\\.0\\|#Level:Host${tail}$`, 'm'));
    expect(server()).toMatch(
      new RegExp(
        `^${stamp}WorkerLoadTime\\.Milliseconds:\\d+\\.0\\|#WorkerName:W-9000-measures_1\\.0,Level:Host${tail}$`,
        'm',
      ),
    );
    expect(server()).toMatch(/CPUUtilization\.Percent:/);
    await expect
      .poll(model, { timeout: 5000 })
      .toContain(`Mine.Pieces:2.0|#ModelName:measures,Level:Model|#hostname:${host},requestID:${id},timestamp:`);
    expect(model()).toContain(
      `Mine.Pieces:5.0|#ModelName:measures,Level:Model|#hostname:${host},requestID:printed,timestamp:`,
    );
    expect(model()).toContain(
      `MySpread.count:0.3|#ModelName:measures,Level:Model|#hostname:${host},requestID:null,timestamp:`,
    );
    expect(await scrape()).toBe('');
  });

  it('keeps metrics that a handler prints out of the model log, and tells of those that are none', async () => {
    await start();
    await expect.poll(() => logged('model_log.log'), { timeout: 5000 }).toContain('an ordinary line');
    expect(logged('model_log.log')).not.toContain('[METRICS]');
    expect(logged('ts_log.log')).toContain('Failed to parse metrics line: "this is none".');
  });
});

describe('legacy mode', () => {
  it('exposes the three counters of inference, and writes the rest', async () => {
    await start('metrics_mode=legacy');
    await expect.poll(() => logged('model_metrics.log'), { timeout: 5000 }).toContain('PredictionTime.ms:');
    expect(logged('ts_metrics.log')).toContain('QueueTime.Milliseconds:');
    expect(logged('ts_metrics.log')).not.toContain('ts_inference');
    const families = (await scrape()).split('\n').filter((line) => line.startsWith('# TYPE'));
    expect(families).toEqual([
      '# TYPE ts_inference_requests_total counter',
      '# TYPE ts_inference_latency_microseconds counter',
      '# TYPE ts_queue_latency_microseconds counter',
    ]);
  });
});

describe('metrics.yaml', () => {
  it('with keys that mean nothing warns, and is used', async () => {
    writeFileSync(join(place.folder, 'metrics.yaml'), `${metricsYaml}\nextra: 1\n`);
    await start('metrics_mode=prometheus');
    expect(place.log()).toMatch(/metrics_config .*metrics\.yaml: extra means nothing here/);
    expect(await scrape(['MyTime'])).toContain('MyTime{');
  });

  it('may have nothing for models, or types that there are not', async () => {
    writeFileSync(join(place.folder, 'metrics.yaml'), 'ts_metrics:\n');
    await start('metrics_mode=prometheus', 'model_metrics_auto_detect=true');
    expect(await scrape(['MyTime'])).toContain('MyTime{');
    await place.stop();
    writeFileSync(
      join(place.folder, 'metrics.yaml'),
      'model_metrics: {summary: [], gauge: [{name: MyTime, unit: h, dimensions: [ModelName, Level]}]}',
    );
    await start('metrics_mode=prometheus');
    expect(await scrape(['MyTime'])).toContain('unit: h\n');
  });

  it('that cannot be used keeps the server from starting', async () => {
    writeFileSync(join(place.folder, 'metrics.yaml'), 'ts_metrics: {gauge: [{name: A}]}');
    await expect(start()).rejects.toThrow(
      /metrics_config .*metrics\.yaml: ts_metrics\.gauge\[0\]\.unit has to be text/,
    );
    expect(place.processes()).toEqual([]);
  });
});

describe('system metrics', () => {
  it('can be switched off', async () => {
    await start('disable_system_metrics=true');
    expect(logged('ts_metrics.log')).not.toContain('CPUUtilization');
  });

  it('can come from a command, which is told the workers', async () => {
    const script = join(place.folder, 'collect.py');
    writeFileSync(
      script,
      [
        'import sys',
        'print("CPUUtilization.Percent:41.5|#Level:Host|#hostname:x,1")',
        'print("Unknown.Percent:1|#Level:Host|#hostname:x,1")',
        'print("None")',
        'print()',
        `open(${JSON.stringify(join(place.folder, 'told'))}, "w").write(sys.stdin.readline() + " ".join(sys.argv[1:]))`,
        'print("12:34")',
      ].join('\n'),
    );
    await start('metrics_mode=prometheus', `system_metrics_cmd=${script} --gpu 0`, 'metric_time_interval=1');
    const told = join(place.folder, 'told');
    const pid = (await api.describe('measures')).workers[0].pid;
    await expect
      .poll(() => existsSync(told) && readFileSync(told, 'utf8'), { timeout: 15_000 })
      .toBe(`${pid}\n--gpu 0`);
    expect(value(await scrape(), `CPUUtilization{Level="Host",Hostname="${host}",}`)).toBe(41.5);
    expect(place.log()).toContain('Parse metrics failed: None');
  });

  it("come from TorchServe's own collector where the command names it", async () => {
    await start('metrics_mode=prometheus', 'system_metrics_cmd=ts/metrics/metric_collector.py --gpu 0');
    await expect
      .poll(async () => value(await scrape(), `CPUUtilization{Level="Host",Hostname="${host}",}`), { timeout: 15_000 })
      .toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['nvidia-smi', {}],
    [
      'nvidia-ml-py, for which something stands in here, before nvidia-smi',
      { PYTHONPATH: join(projectRoot, 'test/fixtures/stand-ins'), STAND_IN_GPUS: '2048/8192/37 -/-/5' },
    ],
  ])('of GPUs come from %s', async (_, env) => {
    const lines = 'STAND_IN_GPUS' in env ? ['0, 1, 2, 3', '1, 1, 2, 3'] : ['0, 2048, 8192, 37', '1, [N/A], [N/A], 5'];
    await place.start({
      config: [...open, 'metrics_mode=prometheus'],
      env: { ...fakeGpus(place.folder, lines), ...env },
    });
    const gauge = (name: string, device: number) => `${name}{Level="Host",DeviceId="${device}",Hostname="${host}",}`;
    await expect.poll(async () => value(await scrape(), gauge('GPUUtilization', 0)), { timeout: 10_000 }).toBe(37);
    const text = await scrape();
    expect(value(text, gauge('GPUMemoryUtilization', 0))).toBe(25);
    expect(value(text, gauge('GPUMemoryUsed', 0))).toBe(2048);
    expect(value(text, gauge('GPUUtilization', 1))).toBe(5);
    expect(value(text, gauge('GPUMemoryUsed', 1))).toBeUndefined();
  });
});

describe.skipIf(!prometheusInstalled)('promtool (needs the Debian package prometheus)', () => {
  it.each(['log', 'prometheus', 'legacy'])('accepts /metrics in %s mode', async (mode) => {
    await start(`metrics_mode=${mode}`);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await scrape(),
      encoding: 'utf8',
    });
    // 3 is for advice on names and units: TorchServe's are as they are, ours follow it.
    expect([0, 3]).toContain(status);
    const advice = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    expect(advice.filter((line) => /^torchbridge_|error while linting|parsing/.test(line))).toEqual([]);
  });
});
