import type { Flags } from '../config/given.js';
import { nearest } from '../config/nearest.js';
import type { KeyName } from '../config/table.js';
import { ArgumentParser, type Terminal } from './archiver/argument-parser.js';

/** What the words after `torchserve` ask for. */
export interface Command {
  readonly action: 'start' | 'stop' | 'version' | 'check';
  readonly foreground: boolean;
  /** As given, or null. */
  readonly logConfig: string | null;
  readonly cppLogConfig: string | null;
  readonly flags: Flags;
}

/** Adds to the complaint about an unknown flag the one that was probably meant. */
class TorchserveParser extends ArgumentParser {
  readonly flags: string[] = [];

  override error(message: string): never {
    const unknown = /^unrecognized arguments:.*?(--?[A-Za-z][\w-]*)/.exec(message)?.[1];
    const meant = unknown === undefined ? null : nearest(unknown, this.flags);
    return super.error(meant === null ? message : `${message} (did you mean ${meant}?)`) as never;
  }
}

/**
 * Reads the words after `torchserve`, as Python's argparse does: flags may be shortened as long as they stay unambiguous.
 * @throws ParserExit after printing help (0) or a complaint (2).
 */
export function parseCommandLine(words: readonly string[], terminal: Terminal): Command {
  const parser = new TorchserveParser('torchserve', 'Serves models from archives (.mar) over REST and gRPC.', terminal);
  const action = parser.add_mutually_exclusive_group();
  const add = (target: Pick<ArgumentParser, 'add_argument'>, names: readonly string[], options: object) => {
    target.add_argument(...(names as [string]), options);
    parser.flags.push(...names.filter((name) => name.startsWith('--')));
  };
  const flag = { action: 'store_true' };
  add(action, ['-v', '--version'], { ...flag, help: 'Print the version' });
  add(action, ['--start'], { ...flag, help: 'Start the server; the same as no action' });
  add(action, ['--stop'], { ...flag, help: 'Stop the server, once the requests in flight are answered' });
  add(action, ['--check'], { ...flag, help: 'Read all configuration, print what is in effect and where it was said' });
  add(parser, ['--ts-config'], { help: 'config.properties to read' });
  add(parser, ['--model-store'], { help: 'Folder of the archives' });
  add(parser, ['--workflow-store'], { help: 'Folder of workflow archives; the model store unless told' });
  add(parser, ['--models'], {
    nargs: '+',
    metavar: ['LOCATION', 'NAME=LOCATION'],
    help: 'What to load at start: files of the model store,\nurls, or all; each as LOCATION or NAME=LOCATION',
  });
  add(parser, ['--log-config'], { help: 'How logs are written: log4j2 (XML, properties), JSON or YAML' });
  add(parser, ['--cpp-log-config'], { help: 'Accepted and left alone: there are no C++ workers' });
  add(parser, ['--foreground'], { ...flag, help: 'Stay until the server ends, and return its status' });
  add(parser, ['--no-config-snapshots', '--ncs'], { ...flag, help: 'Neither write nor read snapshots' });
  add(parser, ['--plugins-path', '--ppath'], { help: 'Accepted and left alone: Java plug-ins cannot be loaded' });
  add(parser, ['--disable-token-auth', '--dt'], { ...flag, help: 'Ask for no tokens' });
  add(parser, ['--enable-model-api'], { ...flag, help: 'Let models be registered and unregistered' });
  add(parser, ['--python'], { help: 'The Python that runs workers' });
  const given = parser.parse_args([...words]) as Readonly<Record<string, unknown>>;

  const values: { -readonly [K in KeyName]?: { text: string; flag: string } } = {};
  const say = (name: KeyName, flag: string, text: unknown) => {
    if (text !== undefined && text !== null && text !== false) {
      values[name] = { text: text === true ? 'true' : String(text), flag };
    }
  };
  say('model_store', '--model-store', given['model_store']);
  say('workflow_store', '--workflow-store', given['workflow_store']);
  say('load_models', '--models', (given['models'] as string[] | undefined)?.join(','));
  say('log_config', '--log-config', given['log_config']);
  say('cpp_log_config', '--cpp-log-config', given['cpp_log_config']);
  say('plugins_path', '--plugins-path', given['plugins_path']);
  say('disable_token_authorization', '--disable-token-auth', given['disable_token_auth']);
  say('enable_model_api', '--enable-model-api', given['enable_model_api']);
  say('python', '--python', given['python']);
  return {
    action: given['stop'] ? 'stop' : given['version'] ? 'version' : given['check'] ? 'check' : 'start',
    foreground: Boolean(given['foreground']),
    logConfig: (given['log_config'] as string | undefined) ?? null,
    cppLogConfig: (given['cpp_log_config'] as string | undefined) ?? null,
    flags: {
      ...(given['ts_config'] === undefined ? {} : { tsConfig: String(given['ts_config']) }),
      noConfigSnapshots: Boolean(given['no_config_snapshots']),
      values,
    },
  };
}
