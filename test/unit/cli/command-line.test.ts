import { describe, expect, test } from 'vitest';
import { ParserExit } from '../../../src/cli/archiver/argument-parser.js';
import { parseCommandLine } from '../../../src/cli/command-line.js';

/** Parses words and catches what is printed. */
function parse(...words: string[]) {
  const printed = { out: '', err: '' };
  const into = (stream: 'out' | 'err') => ({
    write: (text: string) => {
      printed[stream] += text;
      return true;
    },
  });
  try {
    return { command: parseCommandLine(words, { out: into('out'), err: into('err') }), printed, status: null };
  } catch (error) {
    if (!(error instanceof ParserExit)) {
      throw error;
    }
    return { command: null, printed, status: error.exitCode };
  }
}

describe('actions', () => {
  test.each([
    [[], 'start'],
    [['--start'], 'start'],
    [['--stop'], 'stop'],
    [['-v'], 'version'],
    [['--version'], 'version'],
    [['--check'], 'check'],
    [['--vers'], 'version'],
  ])('%j', (words, action) => {
    expect(parse(...words).command).toMatchObject({ action, foreground: false });
  });

  test('exclude each other', () => {
    const { status, printed } = parse('--start', '--stop');
    expect(status).toBe(2);
    expect(printed.err).toContain('torchserve: error: argument --stop: not allowed with argument --start');
    expect(parse('--check', '-v').status).toBe(2);
  });
});

test('every flag says its key', () => {
  const { command } = parse(
    ...'--start --ts-config c.properties --model-store s --workflow-store w --models a.mar b=b.mar'.split(' '),
    ...'--log-config l.xml --cpp-log-config g.cfg --foreground --ncs --ppath p --dt --enable-model-api'.split(' '),
    ...['--python', '/usr/bin/python3'],
  );
  expect(command).toEqual({
    action: 'start',
    foreground: true,
    logConfig: 'l.xml',
    cppLogConfig: 'g.cfg',
    flags: {
      tsConfig: 'c.properties',
      noConfigSnapshots: true,
      values: {
        model_store: { text: 's', flag: '--model-store' },
        workflow_store: { text: 'w', flag: '--workflow-store' },
        load_models: { text: 'a.mar,b=b.mar', flag: '--models' },
        log_config: { text: 'l.xml', flag: '--log-config' },
        cpp_log_config: { text: 'g.cfg', flag: '--cpp-log-config' },
        plugins_path: { text: 'p', flag: '--plugins-path' },
        disable_token_authorization: { text: 'true', flag: '--disable-token-auth' },
        enable_model_api: { text: 'true', flag: '--enable-model-api' },
        python: { text: '/usr/bin/python3', flag: '--python' },
      },
    },
  });
});

test('without flags nothing is said', () => {
  expect(parse().command?.flags).toEqual({ noConfigSnapshots: false, values: {} });
});

test.each([
  ['--model-s x', 'model_store'],
  ['--model-store=x', 'model_store'],
  ['--plug x', 'plugins_path'],
  ['--disable', 'disable_token_authorization'],
])('%s', (words, key) => {
  expect(Object.keys(parse(...words.split(' ')).command?.flags.values ?? {})).toEqual([key]);
});

describe('refusals', () => {
  test.each([
    ['--modle-store x', 'unrecognized arguments: --modle-store x (did you mean --model-store?)'],
    ['--model-control-mode=none', 'unrecognized arguments: --model-control-mode=none'],
    ['--foregruond', 'unrecognized arguments: --foregruond (did you mean --foreground?)'],
    ['extra', 'unrecognized arguments: extra'],
    ['--mod x', 'ambiguous option: --mod could match --model-store, --models'],
    ['--models', 'argument --models: expected at least one argument'],
    ['--start=1', "argument --start: ignored explicit argument '1'"],
    ['--ts-config', 'argument --ts-config: expected one argument'],
  ])('%s', (words, complaint) => {
    const { status, printed } = parse(...words.split(' '));
    expect(status).toBe(2);
    expect(printed.err).toContain('usage: torchserve [-h]');
    expect(printed.err.trimEnd().split('\n').at(-1)).toBe(`torchserve: error: ${complaint}`);
    expect(printed.out).toBe('');
  });
});

test('help', () => {
  const { status, printed } = parse('--help');
  expect(status).toBe(0);
  for (const flag of ['--start', '--stop', '--ncs', '--dt', '--ppath', '--models', '--log-config', '--foreground']) {
    expect(printed.out).toContain(flag);
  }
});
