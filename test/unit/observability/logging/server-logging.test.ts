import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AppenderPlan, defaultPlan, type LoggingPlan } from '../../../../src/observability/logging/plan.js';
import { openLogging } from '../../../../src/observability/logging/server-logging.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const locations = () => ({ logLocation: join(folder, 'logs'), metricsLocation: join(folder, 'metrics') });

/** The default plan, with a file in the console's place. */
function quiet(plan: LoggingPlan = defaultPlan(locations())): LoggingPlan {
  const console: AppenderPlan = {
    kind: 'file',
    path: join(folder, 'console'),
    layout: { pattern: '%d{ISO8601} [%-5p] %t %c - %m%n' },
    rotation: null,
  };
  return { ...plan, appenders: new Map([...plan.appenders, ['STDOUT', console]]) };
}

/** A file's lines without their times. */
function lines(path: string): string[] {
  const text = readFileSync(join(folder, path), 'utf8');
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3} /, ''));
}

const request = {
  remote: '/127.0.0.1:4',
  method: 'GET',
  uri: '/ping?x=1',
  protocol: 'HTTP/1.1',
  status: 200,
  milliseconds: 3,
};

describe('the five files and the console', () => {
  test('exist from the start', () => {
    openLogging(quiet());
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['access_log.log', 'model_log.log', 'ts_log.log']);
    expect(readdirSync(join(folder, 'metrics')).sort()).toEqual(['model_metrics.log', 'ts_metrics.log']);
  });

  test('each has its lines in its form, and ts_log and the console have all of them, once', async () => {
    const logging = openLogging(quiet());
    logging.ts('ModelServer').info('up');
    logging.ts('ModelServer').debug('details');
    logging.ts('Serving').error('broken', { requestId: 'r1' });
    logging.access(request);
    const tag = { worker: '9000', model: 'm', version: '1.0' };
    logging.model(tag, 'stdout')('from print');
    logging.model(tag, 'stderr')('from a warning');
    logging.tsMetrics('Requests2XX.Count:1.0|#Level:Host|#hostname:h,timestamp:1');
    logging.modelMetrics('HandlerTime.Milliseconds:1.0|#Level:Model|#hostname:h,timestamp:1');
    await logging.close();
    await logging.close();
    expect(lines('logs/access_log.log')).toEqual(['- /127.0.0.1:4 "GET /ping?x=1 HTTP/1.1" 200 3']);
    expect(lines('logs/model_log.log')).toEqual([
      '[INFO ] W-9000-m_1.0-stdout MODEL_LOG - from print',
      '[WARN ] W-9000-m_1.0-stderr MODEL_LOG - from a warning',
    ]);
    expect(lines('metrics/ts_metrics.log')).toEqual(['- Requests2XX.Count:1.0|#Level:Host|#hostname:h,timestamp:1']);
    expect(lines('metrics/model_metrics.log')).toHaveLength(1);
    const all = [
      '[INFO ] main org.pytorch.serve.ModelServer - up',
      '[DEBUG] main org.pytorch.serve.ModelServer - details',
      '[ERROR] main org.pytorch.serve.Serving - broken [request r1]',
      '[INFO ] main ACCESS_LOG - /127.0.0.1:4 "GET /ping?x=1 HTTP/1.1" 200 3',
      '[INFO ] W-9000-m_1.0-stdout MODEL_LOG - from print',
      '[WARN ] W-9000-m_1.0-stderr MODEL_LOG - from a warning',
      '[INFO ] main TS_METRICS - Requests2XX.Count:1.0|#Level:Host|#hostname:h,timestamp:1',
      '[INFO ] main MODEL_METRICS - HandlerTime.Milliseconds:1.0|#Level:Model|#hostname:h,timestamp:1',
    ];
    expect(lines('logs/ts_log.log')).toEqual(all);
    expect(lines('console')).toEqual(all);
  });

  test('a folder that cannot be made is told of, and the rest goes on', async () => {
    writeFileSync(join(folder, 'metrics'), 'a file in its place');
    const logging = openLogging(quiet());
    logging.tsMetrics('M.Count:1');
    await logging.close();
    const told = lines('console');
    expect(told[0]).toMatch(/\[ERROR\] main org.pytorch.serve.Logging - Cannot write the log .*ts_metrics.log: E/);
    expect(told.at(-1)).toBe('[INFO ] main TS_METRICS - M.Count:1');
  });

  test('JSON lines carry the request, the model and the parts of an access line', async () => {
    const plan = quiet();
    const json: AppenderPlan = { kind: 'file', path: join(folder, 'all.json'), layout: 'json', rotation: null };
    const logging = openLogging({ ...plan, appenders: new Map([...plan.appenders, ['STDOUT', json]]) });
    logging.access({ ...request, requestId: 'r7' });
    logging.model({ worker: '9000', model: 'm', version: '1.0' }, 'stdout')('hello', 'r7');
    await logging.close();
    const [access, model] = readFileSync(join(folder, 'all.json'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(access).toMatchObject({ requestId: 'r7', status: 200, uri: '/ping?x=1', logger: 'ACCESS_LOG' });
    expect(model).toMatchObject({ requestId: 'r7', model: 'm', version: '1.0', worker: '9000', stream: 'stdout' });
  });
});

describe('plans', () => {
  test('a threshold of a name holds for those below it, and what is not additive stops there', async () => {
    const plan = quiet();
    const logging = openLogging({
      ...plan,
      loggers: new Map([
        ...plan.loggers,
        ['org.pytorch.serve', { level: 'warn', appenders: [{ name: 'ts_log', threshold: 'all' }], additive: false }],
        ['org.pytorch.serve.Loud', { level: 'debug', appenders: [], additive: true }],
        ['ACCESS_LOG', { level: 'off', appenders: [{ name: 'access_log', threshold: 'all' }], additive: true }],
      ]),
    });
    logging.ts('Quiet').info('unheard');
    logging.ts('Quiet').warn('heard');
    logging.ts('Loud').debug('heard too');
    logging.access(request);
    await logging.close();
    expect(lines('logs/ts_log.log').map((line) => line.split(' - ')[1])).toEqual(['heard', 'heard too']);
    expect([lines('console'), lines('logs/access_log.log')]).toEqual([[], []]);
  });
});

describe('rotation', () => {
  const plan = (maxSize: number, keep = 5): LoggingPlan =>
    quiet({
      ...defaultPlan(locations()),
      appenders: new Map<string, AppenderPlan>([
        ...defaultPlan(locations()).appenders,
        [
          'access_log',
          {
            kind: 'file',
            path: join(folder, 'a.log'),
            layout: { pattern: '%m%n' },
            rotation: { pattern: join(folder, 'a.%d{dd-MMM}.log.gz'), maxSize, byDate: true, keep },
          },
        ],
      ]),
    });
  const rolled = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.gz'))
      .sort();

  test('by day, also of a file that an earlier run left', async () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'of yesterday\n');
    const yesterday = new Date(2024, 4, 30, 12);
    utimesSync(path, yesterday, yesterday);
    const logging = openLogging(plan(1_000_000));
    logging.access(request);
    await logging.close();
    expect(rolled()).toEqual(['a.30-May.log.gz']);
    expect(gunzipSync(readFileSync(join(folder, 'a.30-May.log.gz'))).toString()).toBe('of yesterday\n');
    expect(readFileSync(path, 'utf8')).toContain('/ping');
  });

  test('what an earlier run had no time to compress is compressed', async () => {
    writeFileSync(join(folder, 'a.30-May.log'), 'put aside\n');
    writeFileSync(join(folder, 'a.other.log'), 'not ours\n');
    await openLogging(plan(1_000_000)).close();
    expect(rolled()).toEqual(['a.30-May.log.gz']);
    expect(gunzipSync(readFileSync(join(folder, 'a.30-May.log.gz'))).toString()).toBe('put aside\n');
    expect(existsSync(join(folder, 'a.30-May.log'))).toBe(false);
    expect(existsSync(join(folder, 'a.other.log'))).toBe(true);
  });

  test('by size, without overwriting, and the oldest are deleted', async () => {
    for (let index = 0; index < 5; index++) {
      const logging = openLogging(plan(60, 3));
      logging.access({ ...request, uri: `/${index}` });
      await logging.close();
    }
    expect(readFileSync(join(folder, 'a.log'), 'utf8')).toContain('/4');
    expect(rolled()).toHaveLength(3);
    const texts = rolled().map((name) => gunzipSync(readFileSync(join(folder, name))).toString());
    expect(texts.join('')).not.toContain('"GET /0 ');
    expect(existsSync(join(folder, 'a.log'))).toBe(true);
  });
});

test('a worker that prints a gigabyte costs little memory and no time, and the loss is told of', async () => {
  const logging = openLogging(quiet());
  const line = logging.model({ worker: '9000', model: 'm', version: '1.0' }, 'stdout');
  const text = 'x'.repeat(1000);
  const before = process.memoryUsage().rss;
  const began = performance.now();
  for (let index = 0; index < 1_000_000; index++) {
    line(text);
  }
  const seconds = (performance.now() - began) / 1000;
  logging.ts('ModelServer').error('still heard');
  const grown = process.memoryUsage().rss - before;
  await logging.close();
  expect(seconds).toBeLessThan(10);
  expect(grown).toBeLessThan(300 * 1024 * 1024);
  const heard = lines('logs/ts_log.log').filter((said) => !said.includes('xxx'));
  expect(heard[0]).toBe('[ERROR] main org.pytorch.serve.ModelServer - still heard');
  expect(heard[1]).toMatch(/\d+ lines were dropped: they came faster than they could be written\.$/);
  expect(statSync(join(folder, 'logs/ts_log.log')).size).toBeLessThan(20 * 1024 * 1024);
});
