import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Flags } from '../../../src/config/given.js';
import { configurationBlock, listKeys, snapshotProperties } from '../../../src/config/listing.js';
import { loadConfig } from '../../../src/config/load-config.js';
import { StartupError } from '../../../src/errors/startup-error.js';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'config-')));
  mkdirSync(join(folder, 'store'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Loads a config.properties of these lines from a folder of its own. */
function load(lines: string | readonly string[], { environment = {}, flags = {} as Flags } = {}) {
  const text = typeof lines === 'string' ? lines : lines.join('\n');
  writeFileSync(join(folder, 'config.properties'), `model_store=store\n${text}`);
  return loadConfig({ flags, environment, workingFolder: folder });
}

function problem(lines: string | readonly string[]): string {
  try {
    load(lines);
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    return (error as StartupError).message.replaceAll(folder, '.');
  }
  throw new Error('It was not refused.');
}

describe('defaults', () => {
  test('are those of TorchServe', () => {
    const config = load('');
    expect(config).toMatchObject({
      inferenceAddress: { scheme: 'http', host: '127.0.0.1', port: 8080, path: null },
      managementAddress: { port: 8081 },
      metricsAddress: { port: 8082 },
      grpcInferencePort: 7070,
      grpcManagementPort: 7071,
      maxRequestSize: 6553500,
      jobQueueSize: 100,
      defaultResponseTimeout: 120,
      metricsMode: 'log',
      loadModels: null,
      corsAllowedOrigin: null,
      workerStartMethod: 'auto',
      drainTimeout: 30,
      modelStore: join(folder, 'store'),
      workflowStore: join(folder, 'store'),
      logLocation: join(folder, 'logs'),
      snapshotLocation: join(folder, 'logs', 'config'),
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('without a model store nothing starts', () => {
    expect(() => loadConfig({ flags: {}, environment: {}, workingFolder: folder })).toThrow(
      'Missing mandatory parameter --model-store',
    );
    const flags: Flags = { values: { model_store: { text: 'nowhere', flag: '--model-store' } } };
    expect(() => loadConfig({ flags, environment: {}, workingFolder: folder })).toThrow(
      '--model-store directory not found: nowhere',
    );
  });
});

describe('addresses', () => {
  test.each([
    ['http://0.0.0.0', 80],
    ['HTTPS://example.org', 443],
    ['http://[::1]:9000', 9000],
    ['http://127.0.0.1:0', 0],
  ])('%s', (text, port) => {
    expect(load(`inference_address=${text}`).inferenceAddress.port).toBe(port);
  });

  test('ports that are left out are those of the API', () => {
    const config = load(['management_address=https://127.0.0.1', 'metrics_address=http://127.0.0.1']);
    expect([config.managementAddress.port, config.metricsAddress?.port]).toEqual([8444, 8082]);
  });

  test('a unix socket', () => {
    expect(load('inference_address=unix:/tmp/i.sock').inferenceAddress).toEqual({
      scheme: 'unix',
      host: null,
      port: null,
      path: '/tmp/i.sock',
      text: 'unix:/tmp/i.sock',
    });
    expect(problem(['inference_address=unix:/tmp/i.sock', 'use_native_io=false'])).toContain(
      'unix domain socket requires use_native_io set to true.',
    );
  });

  test('no metrics listener', () => {
    expect(load('enable_metrics_api=false').metricsAddress).toBeNull();
  });

  test('metrics never share a port', () => {
    expect(problem('metrics_address=http://127.0.0.1:8081')).toContain('belongs to another API already');
  });

  test.each(['8080', 'http://a:b', 'http://127.0.0.1:70000', 'ftp://a:1', 'http://a:1/x'])('%s is none', (text) => {
    expect(problem(`inference_address=${text}`)).toBe(
      `Invalid configuration: ./config.properties, line 2: inference_address takes http://host:port, https://host:port or unix:/path, not "${text}".`,
    );
  });
});

describe('tokens and the model API', () => {
  const open = (lines: readonly string[]) => {
    const { tokenAuthorization, modelApi } = load(lines);
    return { tokenAuthorization, modelApi };
  };
  test('off and on while all is on loopback', () => {
    expect(open([])).toEqual({ tokenAuthorization: false, modelApi: true });
    expect(open(['inference_address=unix:/tmp/a', 'management_address=http://localhost:1'])).toEqual({
      tokenAuthorization: false,
      modelApi: true,
    });
  });
  test.each([
    'inference_address=http://0.0.0.0:8080',
    'management_address=https://10.0.0.1:8081',
    'metrics_address=http://[::]:8082',
    'grpc_inference_address=0.0.0.0',
    'grpc_management_address=my-host',
  ])('on and off with %s', (line) => {
    expect(open([line])).toEqual({ tokenAuthorization: true, modelApi: false });
  });
  test('a metrics listener that does not exist does not count', () => {
    expect(open(['metrics_address=http://0.0.0.0:8082', 'enable_metrics_api=false']).tokenAuthorization).toBe(false);
  });
  test('what is said decides', () => {
    const elsewhere = 'inference_address=http://0.0.0.0:8080';
    expect(open([elsewhere, 'disable_token_authorization=true', 'enable_model_api=true'])).toEqual({
      tokenAuthorization: false,
      modelApi: true,
    });
    expect(open(['disable_token_authorization=false', 'enable_model_api=false'])).toEqual({
      tokenAuthorization: true,
      modelApi: false,
    });
    expect(load([elsewhere, 'disable_token_authorization=true']).warnings.join()).toContain('no tokens are asked for');
  });
});

describe('values', () => {
  test.each([
    ['true', true],
    [' TRUE ', true],
    ['False', false],
    ['', false],
  ])('the flag %j', (text, value) => {
    expect(load(`debug=${text}`).debug).toBe(value);
  });

  test('everything unreadable is named at once, with its place and what it takes', () => {
    expect(
      problem(['debug=yes', 'job_queue_size=many', '', 'grpc_inference_port=70000', 'metrics_mode=graphite']),
    ).toBe(
      [
        'Invalid configuration: ./config.properties, line 5: grpc_inference_port takes a whole number from 0 to 65535, not "70000".',
        './config.properties, line 3: job_queue_size takes a whole number of 1 or more, not "many".',
        './config.properties, line 2: debug takes true or false, not "yes".',
        './config.properties, line 6: metrics_mode takes one of log, prometheus, legacy, not "graphite".',
      ].join('\n'),
    );
  });

  test('load_models', () => {
    expect(load('load_models=ALL').loadModels).toBe('all');
    expect(load('load_models=a.mar, b=c.mar , https://x/y.mar?v=1,').loadModels).toEqual([
      { name: null, url: 'a.mar' },
      { name: 'b', url: 'c.mar' },
      { name: null, url: 'https://x/y.mar?v=1' },
    ]);
    expect(load('load_models=').loadModels).toBeNull();
  });

  test('models', () => {
    const { models } = load([
      'models={\\',
      '  "m": {"1.0": {"defaultVersion": true, "marName": "m.mar", "minWorkers": 1, "maxWorkers": 0, \\',
      '    "batchSize": 4, "maxBatchDelay": 0, "responseTimeout": 7}}}',
    ]);
    expect(models?.get('m')?.get('1.0')).toEqual({ minWorkers: 1, batchSize: 4, maxBatchDelay: 0, responseTimeout: 7 });
    expect(problem('models={"m": {"1.0": {"batchSize": "4"}}}')).toContain(
      '(m, version 1.0: batchSize takes a whole number, not "4").',
    );
    expect(problem('models={')).toContain('models takes JSON such as');
  });

  test('patterns match whole texts', () => {
    const config = load(['allowed_urls=https://s3.*,file:///models/.*', 'blacklist_env_vars=AWS_.*|SECRET']);
    expect(config.allowedUrls.map((pattern) => pattern.test('HTTPS://s3.x/a'))).toEqual([true, false]);
    expect(['SECRET', 'AWS_KEY', 'MY_SECRET'].map((name) => config.blacklistEnvVars?.test(name))).toEqual([
      true,
      true,
      false,
    ]);
    expect(problem('blacklist_env_vars=(')).toContain('blacklist_env_vars takes a regular expression');
  });

  test('paths count from the folder in which the server was started', () => {
    expect(load('metrics_config=m.yaml').metricsConfig).toBe(join(folder, 'm.yaml'));
  });

  test('the log configuration of Java arguments is heeded', () => {
    expect(load('vmargs=-Xmx4g -Dlog4j.configurationFile=file:///etc/log4j2.xml').logConfig).toBe('/etc/log4j2.xml');
    expect(load(['vmargs=-Dlog4j.configurationFile=a.xml', 'log_config=b.xml']).logConfig).toBe(join(folder, 'b.xml'));
  });
});

describe('layers', () => {
  test('$$NAME$$ is replaced as it stands, and has to be set', () => {
    const environment = { STORE: 'store', ODD: 'a$1\\b' };
    expect(load('default_service_handler=x$$ODD$$y', { environment }).defaultServiceHandler).toBe('xa$1\\by');
    expect(problem('default_service_handler=$$FOO$$')).toContain(
      'Invalid configuration: Invalid Environment Variable FOO',
    );
  });

  test('variables count once the file says so, and then beat flags', () => {
    const environment = { TS_JOB_QUEUE_SIZE: '7', TS_LOAD_MODELS: 'c.mar', TS_MODELS: '{}' };
    const flags: Flags = { values: { load_models: { text: 'a.mar,b.mar', flag: '--models' } } };
    const without = load('job_queue_size=5', { environment, flags });
    expect([without.jobQueueSize, without.loadModels]).toEqual([
      5,
      [
        { name: null, url: 'a.mar' },
        { name: null, url: 'b.mar' },
      ],
    ]);
    expect(without.warnings.join('\n')).toContain('TS_JOB_QUEUE_SIZE is set but has no effect');
    const withThem = load(['job_queue_size=5', 'enable_envvars_config=true'], { environment, flags });
    expect([withThem.jobQueueSize, withThem.loadModels, withThem.models]).toEqual([
      7,
      [{ name: null, url: 'c.mar' }],
      null,
    ]);
  });

  test('some variables always count, but not against a flag', () => {
    const environment = { TS_PYTHON: '/from/variable', TS_OPEN_INFERENCE_PROTOCOL: 'oip' };
    const config = load(['python=/from/file', 'ts_open_inference_protocol=false'], { environment });
    expect([config.python, config.tsOpenInferenceProtocol]).toEqual(['/from/variable', true]);
    const flags: Flags = { values: { python: { text: '/from/flag', flag: '--python' } } };
    expect(load('', { environment, flags }).python).toBe('/from/flag');
    expect(
      load('ts_open_inference_protocol=true', { environment: { TS_OPEN_INFERENCE_PROTOCOL: 'v2' } }),
    ).toMatchObject({
      tsOpenInferenceProtocol: false,
    });
  });

  test('irregular names and the rule of allowed urls', () => {
    const environment = { TS_TOKEN_EXPIRATION_TIME_MIN: '1.5', TS_ALLOWED_URLS: 'file://b' };
    const config = load(['enable_envvars_config=true', 'allowed_urls=file://a'], { environment });
    expect([config.tokenExpirationMin, config.allowedUrls[0]?.test('file://a')]).toEqual([1.5, true]);
    expect(load('use_env_allowed_urls=true', { environment }).allowedUrls[0]?.test('file://b')).toBe(true);
  });

  test('TS_CONFIG_FILE beats --ts-config, which beats ./config.properties', () => {
    for (const name of ['variable', 'flag']) {
      writeFileSync(join(folder, `${name}.properties`), `model_store=store\ndefault_service_handler=${name}`);
    }
    const flags = { tsConfig: 'flag.properties' };
    const environment = { TS_CONFIG_FILE: 'variable.properties' };
    const line = 'default_service_handler=local';
    expect(load(line).defaultServiceHandler).toBe('local');
    expect(load(line, { flags }).defaultServiceHandler).toBe('flag');
    expect(load(line, { flags, environment }).defaultServiceHandler).toBe('variable');
    expect(() => load(line, { environment: { TS_CONFIG_FILE: '' } })).toThrow('Missing mandatory parameter');
    expect(() => load(line, { flags: { tsConfig: 'none' } })).toThrow('--ts-config file not found: none');
  });

  test('the newest snapshot speaks for what ./config.properties does not say', () => {
    const snapshots = join(folder, 'logs', 'config');
    mkdirSync(snapshots, { recursive: true });
    writeFileSync(join(snapshots, '20250101000000000-startup.cfg'), 'job_queue_size=1\n');
    writeFileSync(
      join(snapshots, '20250102000000000-shutdown.cfg'),
      '#Saving snapshot\njob_queue_size=2\nmax_request_size=3\npython=/gone\nmax_response_size=broken\nodd=1\nmodel_snapshot={"name"\\: 1}\n',
    );
    writeFileSync(join(snapshots, 'zzz.txt'), 'job_queue_size=9');
    const config = load('job_queue_size=5');
    expect(config).toMatchObject({
      jobQueueSize: 5,
      maxRequestSize: 3,
      maxResponseSize: 6553500,
      python: null,
      modelSnapshot: '{"name": 1}',
    });
    expect(config.warnings.join('\n')).toMatch(/Left aside: .*-shutdown\.cfg, line 5: max_response_size/);
    expect(load('', { flags: { noConfigSnapshots: true } })).toMatchObject({
      maxRequestSize: 6553500,
      snapshots: false,
    });
  });

  test('unknown keys warn with the nearest known one', () => {
    const { warnings } = load(['job-queue-sise=1', 'zebra=1']);
    expect(warnings.map((warning) => warning.replaceAll(folder, '.'))).toEqual([
      './config.properties, line 2: unknown key job-queue-sise; did you mean job_queue_size?',
      './config.properties, line 3: unknown key zebra.',
      'Models may be loaded from any url: allowed_urls is not set.',
    ]);
  });

  test('keys without meaning are accepted and listed', () => {
    expect(load(['number_of_netty_threads=8', 'io_ratio=50']).warnings).toContain(
      'Keys that mean nothing to this server, and are left alone: number_of_netty_threads, io_ratio.',
    );
  });
});

describe('listings', () => {
  test('every key with its source, secrets hidden', () => {
    const flags: Flags = { values: { load_models: { text: 'a.mar', flag: '--models' } } };
    const config = load(['keystore_pass=sesame', 'job_queue_size=5'], { flags });
    const listed = listKeys(config);
    expect(listed.find(({ name }) => name === 'load_models')).toEqual({
      name: 'load_models',
      text: 'a.mar',
      source: '--models',
    });
    expect(listed.find(({ name }) => name === 'job_queue_size')?.source).toBe(`${folder}/config.properties, line 3`);
    expect(listed.find(({ name }) => name === 'python')).toEqual({
      name: 'python',
      text: 'not set',
      source: 'default',
    });
    expect(JSON.stringify(listed)).not.toContain('sesame');
    expect([...snapshotProperties(config)]).toEqual([
      ['model_store', 'store'],
      ['job_queue_size', '5'],
    ]);
  });

  test('the block that is logged at start', () => {
    const block = configurationBlock(load('allowed_urls=file://a.*,https://b'), {
      version: '1',
      home: '/home',
      gpus: 0,
      cpus: 2,
      python: '/usr/bin/python3',
    });
    expect(block.split('\n')).toEqual(
      expect.arrayContaining([
        'Torchserve version: 1',
        'Inference address: http://127.0.0.1:8080',
        'Initial Models: N/A',
        'Allowed Urls: [file://a.*, https://b]',
        'Metrics mode: LOG',
        'Model API enabled: true',
      ]),
    );
  });
});
