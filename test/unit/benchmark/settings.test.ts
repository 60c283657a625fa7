import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { casesOf } from '../../../src/benchmark/settings/benchmark-case.js';
import { readSettings } from '../../../src/benchmark/settings/benchmark-settings.js';
import { readSettingsFile } from '../../../src/benchmark/settings/settings-file.js';
import { parseBenchmarkWords } from '../../../src/cli/benchmark-words.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const silent = { write: () => true };

/** Settings as the words of a command line give them. */
function said(...words: string[]) {
  const { values } = parseBenchmarkWords(words, { out: silent, err: silent });
  return readSettings([{ values, file: null }]);
}

function written(text: string, name = 'bench.yaml'): string {
  const file = join(temporaryFolder('bench'), name);
  writeFileSync(file, text);
  return file;
}

describe('flags', () => {
  test("upstream's, short and long, with dashes and underscores", () => {
    const { settings, notes } = said(
      ...['-u', 'm.mar', '-c', '4', '-r', '50', '-bs', '8', '--batch_delay', '20', '-w', '2', '-ic', 'text/plain'],
      ...['-e', 'local', '-bb', 'locust', '--generate_graphs', 'True', '-imu', 'explanations/benchmark'],
    );
    expect(settings).toMatchObject({
      url: 'm.mar',
      concurrency: [4],
      requests: 50,
      batch_size: [8],
      batch_delay: [20],
    });
    expect(settings).toMatchObject({
      workers: [2],
      content_type: 'text/plain',
      inference_model_url: 'explanations/benchmark',
    });
    expect(notes).toEqual([
      '--benchmark-backend has no effect: the load comes from a generator of its own; neither ab nor locust is needed.',
      '--generate-graphs has no effect: report.html always has them.',
    ]);
  });

  test('a named test plan has an effect, and flags win over it', () => {
    expect(said('soak', '-u', 'm.mar').settings).toMatchObject({ requests: 100_000, concurrency: [10] });
    expect(said('bert_batch', '-u', 'm.mar', '-c', '3').settings).toMatchObject({
      requests: 1000,
      concurrency: [3],
      batch_size: [4],
    });
  });

  test.each([
    [['-c', '0'], '--concurrency must be a whole number of at least 1, or a list of such, not ["0"].'],
    [['--rate', 'fast'], '--rate must be a number above 0, or a list of such (requests a second), not ["fast"].'],
    [['--protocol', 'ftp'], '--protocol must be http or grpc, not "ftp".'],
    [
      ['-e', 'docker'],
      '--exec-env must be local; a server in a container is started by you and named with server, not "docker".',
    ],
    [['nap'], /^--test-plan must be one of custom, soak, .*, not "nap"\.$/],
    [['-r', '5', '--duration', '5'], '--requests and --duration both say when it ends: give one of them.'],
    [['--model', 'x'], '--url registers an archive and --model names a registered one: give one of them.'],
  ])('%j is refused', (words, complaint) => {
    expect(() => said('-u', 'm.mar', ...words)).toThrow(complaint);
  });

  test('nothing to measure is refused, and a model without its server', () => {
    expect(() => said()).toThrow('Say what to measure: an archive with --url');
    expect(() => said('--model', 'x')).toThrow('--model names a model of a running server');
  });
});

describe('files', () => {
  test("settings, as upstream's --config takes them; flags win", () => {
    const file = written('{"url": "m.mar", "concurrency": 100, "requests": "10", "exec_env": "local"}', 'c.json');
    const { values } = parseBenchmarkWords(['--config', file, '-c', '7'], { out: silent, err: silent });
    const [from] = readSettingsFile(file);
    const { settings } = readSettings([{ values, file: null }, from ?? { values: {}, file }]);
    expect(settings).toMatchObject({ url: 'm.mar', concurrency: [7], requests: 10 });
  });

  test('models, with the names that upstream gives their cases', () => {
    const file = written(`vgg16:
  eager_mode:
    benchmark_engine: ab
    url: v.mar
    workers: [4]
    batch_size: [1, 8]
    batch_delay: 100
    requests: 10000
    concurrency: 100
    input: ./kitten.jpg
    exec_env: local
    processors: [cpu, gpus: all]
  scripted_mode:
    url: s.mar
`);
    const cases = readSettingsFile(file).flatMap((one) => casesOf(readSettings([one]).settings, one.name));
    expect(cases.map(({ name }) => name)).toEqual([
      'eager_mode_vgg16_w4_b1',
      'eager_mode_vgg16_w4_b8',
      'scripted_mode_vgg16_w1_b1',
    ]);
    expect(cases[1]).toMatchObject({ archive: 'v.mar', batchSize: 8, batchDelayMs: 100, connections: 100 });
    expect(cases[1]).toMatchObject({
      extent: { requests: 10_000, seconds: null },
      warmup: { requests: 1000, seconds: null },
    });
  });

  test('a list of models, found beside it and in models_config', () => {
    const list = written(
      'ts_version: {branch: master}\nhardware: cpu\nmodels: [a.yaml, b.yaml]\nmetrics_cmd: [{cmd: aws}]\n',
    );
    mkdirSync(join(list, '../models_config'));
    writeFileSync(join(list, '../a.yaml'), 'a: {eager_mode: {url: a.mar}}');
    writeFileSync(join(list, '../models_config/b.yaml'), 'b: {eager_mode: {url: b.mar}}');
    expect(readSettingsFile(list).map(({ name }) => name)).toEqual(['eager_mode_a', 'eager_mode_b']);
    writeFileSync(list, 'models: [c.yaml]');
    expect(() => readSettingsFile(list)).toThrow(
      /^c\.yaml of .*bench\.yaml was not found: it should be .*models_config\/c\.yaml\.$/,
    );
  });

  test.each([
    [
      'url: m.mar\nconcurency: 3',
      /^concurency in .*bench\.yaml is no setting of a benchmark \(did you mean concurrency\?\)\.$/,
    ],
    [
      'url: m.mar\nworkers: many',
      /^workers in .*bench\.yaml must be a whole number of at least 1, or a list of such, not "many"\.$/,
    ],
    ['- url', /bench\.yaml must be a mapping of settings/],
    ['url: [', /bench\.yaml is neither YAML nor JSON/],
  ])('%j is refused', (text, complaint) => {
    const file = written(text);
    expect(() => readSettingsFile(file).map((one) => readSettings([one]))).toThrow(complaint);
  });

  test('a missing one is named', () => {
    expect(() => readSettingsFile('/nowhere/bench.yaml')).toThrow('/nowhere/bench.yaml cannot be read (ENOENT)');
  });
});

describe('cases', () => {
  test('every combination, with the load varying quickest', () => {
    const cases = casesOf(said('-u', '/store/m.mar', '-w', '1', '2', '-c', '1', '8', '--rate', '50').settings);
    expect(cases.map(({ name }) => name)).toEqual(['m_w1_b1_c1', 'm_w1_b1_c8', 'm_w2_b1_c1', 'm_w2_b1_c8']);
    expect(cases[0]).toMatchObject({
      rate: 50,
      path: 'predictions/benchmark',
      warmup: { requests: 10, seconds: null },
    });
  });

  test('a workflow is asked at its own path', () => {
    expect(casesOf(said('-u', 'w.war').settings)[0]).toMatchObject({ path: 'wfpredict/benchmark' });
  });

  test('the warm-up has at least a request for every connection', () => {
    expect(casesOf(said('-u', 'm.mar', '-c', '64').settings)[0]).toMatchObject({
      warmup: { requests: 64, seconds: null },
    });
  });
});
