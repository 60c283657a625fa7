import { testPlans } from '../benchmark/settings/test-plans.js';
import { ArgumentParser, type Terminal } from './archiver/argument-parser.js';

/** What the words say: the file of settings, and those that flags set, by their names in files. */
export interface BenchmarkWords {
  readonly file: string | null;
  readonly values: Readonly<Record<string, unknown>>;
}

type Flag = readonly [names: readonly string[], metavar: string | null, help: string];

/** Upstream's flags keep their short forms; underscores do in place of dashes. */
const flags: readonly Flag[] = [
  [['--url', '-u'], 'ARCHIVE', 'Archive to measure: a path, or a URL that the server fetches'],
  [['--model'], 'NAME', 'In its place: a model that the running server has registered'],
  [
    ['--server'],
    'SERVER',
    'torchbridge (started for it), torchserve (TorchServe, likewise),\nor the inference address of a running server; torchbridge unless told',
  ],
  [['--against'], 'SERVER', 'Compare with it: a server as above, or the results.json of an earlier run'],
  [['--torchserve'], 'PATH', "TorchServe's command; the torchserve on PATH that is not ours unless told"],
  [['--concurrency', '-c'], 'N ...', 'Connections; 10 unless told'],
  [['--channels'], 'N', 'Of gRPC: connections that share the calls of --concurrency; one each unless told'],
  [['--requests', '-r'], 'N', 'Requests of each measurement; 100 unless told'],
  [['--duration'], 'SECONDS', 'In their place: how long each takes'],
  [
    ['--rate'],
    'N ...',
    'Requests a second, sent whether or not earlier ones are answered (open loop);\nwithout it each connection waits for its answer (closed loop)',
  ],
  [['--warmup'], 'N', 'Requests that go before and do not count; a tenth unless told'],
  [['--rounds'], 'N', 'How often each is measured, servers in turns; 1 unless told'],
  [['--batch-size', '-bs'], 'N ...', 'Most requests of a batch; 1 unless told'],
  [['--batch-delay', '-bd'], 'MS ...', 'Longest wait for a batch to fill; 200 unless told'],
  [['--workers', '-w'], 'N ...', '1 unless told'],
  [['--input', '-i'], 'FILE', 'Body of the requests; one byte unless told'],
  [['--content-type', '-ic'], 'TYPE', 'application/jpg unless told'],
  [
    ['--inference-model-url', '-imu'],
    'PATH',
    'Path to ask, such as explanations/benchmark; predictions/benchmark unless told',
  ],
  [['--protocol'], 'NAME', 'http, or grpc for the Predictions call; http unless told'],
  [['--timeout'], 'SECONDS', 'Without an answer for so long a request has failed; 120 unless told'],
  [['--config-properties', '-cp'], 'FILE', 'config.properties of started servers; its addresses are replaced'],
  [['--management'], 'ADDRESS', 'Management API of the running server; one port further unless told'],
  [['--grpc'], 'HOST:PORT', 'gRPC inference API of the running server; port 7070 unless told'],
  [['--key-file'], 'FILE', 'key_file.json of the running server'],
  [['--pid'], 'ID', 'First process of the running server, to sample its CPU and memory'],
  [['--handler-profiling', '-hp'], null, "Report the times of the handler's steps too"],
  [
    ['--report-location', '-rl'],
    'FOLDER',
    'Where the folder benchmark with the reports is made; the temporary folder unless told',
  ],
  [['--tmp-dir', '-td'], 'FOLDER', 'Where started servers have their folders; the temporary folder unless told'],
  [['--exec-env', '-e'], 'NAME', 'Accepted: local'],
  [['--benchmark-backend', '-bb'], 'NAME', 'Accepted without effect, as the four below'],
  [['--gpus', '-g'], 'N', ''],
  [['--image', '-di'], 'NAME', ''],
  [['--docker-runtime', '-dr'], 'WORDS', ''],
  [['--backend-profiling', '-bp'], null, ''],
  [['--generate-graphs', '-gg'], null, 'Accepted: the report always has them'],
];

/**
 * Reads the words after `torchserve-benchmark`. Values are checked later, together with those of the file.
 * @throws ParserExit after printing help (0) or a complaint (2).
 */
export function parseBenchmarkWords(words: readonly string[], terminal: Terminal): BenchmarkWords {
  const parser = new ArgumentParser(
    'torchserve-benchmark',
    'Measures how a server answers a model: throughput, latency, CPU, memory and GPU.',
    terminal,
  );
  parser.add_argument('test_plan', {
    nargs: '?',
    metavar: 'TEST_PLAN',
    help: `A named load of TorchServe's suite: ${Object.keys(testPlans).join(', ')}`,
  });
  parser.add_argument('--config', {
    metavar: 'FILE',
    help: 'YAML or JSON file of settings, models or a list of models; flags win over it',
  });
  for (const [names, metavar, help] of flags) {
    const [long = ''] = names;
    const spellings = [...new Set([...names, `--${long.slice(2).replaceAll('-', '_')}`])];
    const several = metavar?.endsWith(' ...') ? { nargs: '+' } : {};
    // Upstream's switches take a value, which may be left out here.
    const takes =
      metavar === null ? { nargs: '?', const: true, metavar: 'BOOL' } : { metavar: metavar.replace(' ...', '') };
    const options: object = { ...takes, ...several, help };
    parser.add_argument(...(spellings as [string]), options);
  }
  const { config, ...values } = parser.parse_args<Record<string, unknown>>([...words]);
  return { file: typeof config === 'string' ? config : null, values };
}
