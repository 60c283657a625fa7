#!/usr/bin/env node
/**
 * Runs the seven commands on examples/digits, from a fresh clone on: sets up what is missing, makes a working folder,
 * types each command there and shows its answer. Exits 0 if every answer is what it should be.
 *
 *     npm run quickstart [-- --keep] [-- --port 8080]
 *
 * --keep leaves the server running with the model registered; --port puts the server on that port and the next ones.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitWith, root, SetupError, setUp } from '../.ci/setup.mjs';

const digits = join(root, 'examples/digits');

/** The commands in their order; `wants` says what is wrong with an answer, or nothing. */
function commands(port) {
  const inference = `http://localhost:${port}`;
  const management = `http://localhost:${port + 1}`;
  return [
    {
      typed:
        'torch-model-archiver --model-name my_model --version 1.0 --model-file model.py --serialized-file model.pth ' +
        '--handler handler.py --extra-files index_to_name.json',
      next: 'mkdir model_store && mv my_model.mar model_store/',
    },
    { typed: 'torchserve --start --model-store model_store', starts: true },
    {
      typed: `curl -X POST "${management}/models?model_name=my_model&url=my_model.mar&initial_workers=1&synchronous=true"`,
      wants: statusOf('my_model'),
    },
    {
      typed: `curl -X POST ${inference}/predictions/my_model -T kitten.jpg`,
      wants: (answer) => (likeliest(answer) === 'seven' ? undefined : 'the picture is a seven'),
    },
    {
      typed: `curl -X PUT "${management}/models/my_model?min_worker=1&max_worker=5&synchronous=true"`,
      wants: statusOf('my_model'),
      keeps: true,
    },
    { typed: `curl -X DELETE "${management}/models/my_model"`, wants: statusOf('my_model'), ends: true },
    { typed: 'torchserve --stop', ends: true, stops: true },
  ];
}

/** Checks that an answer is a status that speaks of `model`, and no error. */
function statusOf(model) {
  return (answer) => (answer.status?.includes(model) ? undefined : `a status that names ${model} was expected`);
}

function likeliest(answer) {
  return Object.entries(answer).sort(([, one], [, other]) => other - one)[0]?.[0];
}

function workingFolder(port) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'torchbridge-quickstart-'));
  for (const name of ['model.py', 'handler.py', 'index_to_name.json'])
    fs.copyFileSync(join(digits, name), join(folder, name));
  fs.copyFileSync(join(digits, 'digits.pth'), join(folder, 'model.pth'));
  fs.copyFileSync(join(digits, 'samples/7.png'), join(folder, 'kitten.jpg'));
  if (port !== 8080) {
    const at = (offset) => `http://127.0.0.1:${port + offset}`;
    const lines = [
      `inference_address=${at(0)}`,
      `management_address=${at(1)}`,
      `metrics_address=${at(2)}`,
      `grpc_inference_port=${port + 3}`,
      `grpc_management_port=${port + 4}`,
    ];
    fs.writeFileSync(join(folder, 'config.properties'), `${lines.join('\n')}\n`);
  }
  return folder;
}

let typed = 0;

/**
 * Runs one line in a shell, as typed. What it prints goes by way of files of its own, since the server outlives its
 * command and goes on printing.
 */
async function type(line, folder, environment) {
  typed += 1;
  const out = join(folder, `.answer-${typed}`);
  const err = join(folder, `.complaint-${typed}`);
  const files = [fs.openSync(out, 'w'), fs.openSync(err, 'w')];
  const child = spawn('sh', ['-c', line], { cwd: folder, env: environment, stdio: ['ignore', ...files] });
  const code = await new Promise((done) => child.on('exit', (status, signal) => done(status ?? signal)));
  for (const file of files) fs.closeSync(file);
  return { code, answer: fs.readFileSync(out, 'utf8').trimEnd(), complaint: fs.readFileSync(err, 'utf8').trimEnd() };
}

async function requireFreePorts(port) {
  for (const one of [port, port + 1, port + 2]) {
    await new Promise((done, failed) => {
      const probe = createServer();
      const other = port >= 18080 ? port + 1000 : 18080;
      probe.once('error', () =>
        failed(
          new SetupError(
            `Port ${one} is taken: stop what listens there, or run "npm run quickstart -- --port ${other}".`,
          ),
        ),
      );
      probe.listen(one, '127.0.0.1', () => probe.close(done));
    });
  }
}

function show(line, { answer }) {
  console.log(`\n$ ${line}`);
  if (answer) console.log(answer);
}

/** The ends of the server's logs, which go with the working folder. */
function showLogs(folder) {
  for (const name of ['ts_log.log', 'model_log.log']) {
    const path = join(folder, 'logs', name);
    if (!fs.existsSync(path)) continue;
    console.log(
      `\nThe end of logs/${name}:\n${fs.readFileSync(path, 'utf8').trimEnd().split('\n').slice(-15).join('\n')}`,
    );
  }
}

/** Why the step failed, or undefined. */
function problemOf(command, { code, answer, complaint }) {
  if (code === 127 && command.typed.startsWith('curl')) return 'curl is not installed: install it, and run this again';
  if (code !== 0) return `the command ended with status ${code}: ${(complaint || answer).split('\n').at(-1)}`;
  if (!command.wants) return undefined;
  try {
    const wrong = command.wants(JSON.parse(answer));
    return wrong && `${wrong}, but the answer was ${answer}`;
  } catch {
    return `a JSON answer was expected, but it was "${answer}"`;
  }
}

async function main() {
  const { values } = parseArgs({ options: { keep: { type: 'boolean' }, port: { type: 'string', default: '8080' } } });
  const port = Number(values.port);
  if (!(Number.isInteger(port) && port > 0 && port < 65_531))
    throw new SetupError(`--port takes a number from 1 to 65530, not "${values.port}".`);
  await requireFreePorts(port);
  const python = await setUp();
  const folder = workingFolder(port);
  const environment = {
    ...process.env,
    TS_PYTHON: python,
    PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}`,
  };
  const run = (line) => type(line, folder, environment);
  let running = false;
  const stop = async () => {
    if (running) await run('torchserve --stop');
    fs.rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().finally(() => process.exit(1)));
  try {
    console.log(`The working folder ${folder} holds examples/digits; its kitten.jpg is a picture of a handwritten 7.`);
    for (const command of commands(port)) {
      if (values.keep && command.ends) continue;
      running ||= command.starts === true;
      const result = await run(command.typed);
      show(command.typed, result);
      const problem = problemOf(command, result);
      if (problem) throw new SetupError(`Quickstart failed: ${problem}`);
      if (command.stops) running = false;
      if (command.next) show(command.next, await run(command.next));
    }
  } catch (error) {
    showLogs(folder);
    await stop();
    throw error;
  }
  if (!values.keep) {
    await stop();
    console.log('\nAll seven commands worked.');
    return;
  }
  console.log(`\nThe server is still running, in ${folder}. To go on there and to stop it:`);
  console.log(`\n  export PATH="${join(root, 'bin')}:$PATH"\n  cd ${folder}\n  torchserve --stop`);
}

try {
  await main();
} catch (error) {
  if (error.code?.startsWith?.('ERR_PARSE_ARGS'))
    exitWith(new SetupError(`${error.message.split('. ')[0]}: it takes --keep and --port NUMBER.`));
  exitWith(error);
}
