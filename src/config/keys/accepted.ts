import { key } from '../key.js';
import { flag, text } from '../kinds.js';

const group = 'Accepted without meaning';

/** Keys of TorchServe that say nothing to this server: read, listed at start, and left alone. */
export const acceptedKeys = {
  number_of_netty_threads: key({
    group,
    type: text,
    default: null,
    help: 'Threads of a library that is not used here.',
  }),
  netty_client_threads: key({ group, type: text, default: null, help: 'Threads of a library that is not used here.' }),
  prefer_direct_buffer: key({ group, type: text, default: null, help: 'Memory of a library that is not used here.' }),
  io_ratio: key({
    group,
    type: text,
    default: null,
    environment: 'never',
    help: 'Scheduling of a library that is not used here.',
  }),
  async_logging: key({ group, type: text, default: null, help: 'Logs are always written in the background here.' }),
  vmargs: key({
    group,
    type: text,
    default: null,
    environment: 'never',
    help: 'Arguments of a Java machine, which is not used here; only `-Dlog4j.configurationFile=` is heeded, as `log_config`.',
  }),
  plugins_path: key({
    group,
    type: text,
    default: null,
    environment: 'never',
    help: 'Java plug-ins, which cannot be loaded here; `--plugins-path` says the same.',
  }),
  cpp_log_config: key({ group, type: text, default: null, help: 'Logs of C++ workers, which do not exist here.' }),
  model_server_home: key({
    group,
    type: text,
    default: null,
    environment: 'always',
    help: 'Where TorchServe is installed; this server knows its own folder.',
  }),
} as const;

/** Keys that steer the reading of the others, and those that TorchServe itself writes into snapshots. */
export const bookkeepingKeys = {
  enable_envvars_config: key({
    group: 'Bookkeeping',
    type: flag,
    default: 'false',
    environment: 'never',
    help: 'Let the `TS_…` variables replace the values of this file, and of flags.',
  }),
  version: key({
    group: 'Bookkeeping',
    type: text,
    default: null,
    environment: 'never',
    help: 'Written into snapshots: the version of the server that wrote it.',
  }),
  tsConfigFile: key({
    group: 'Bookkeeping',
    type: text,
    default: null,
    environment: 'never',
    help: 'Written into snapshots: the file that was read.',
  }),
} as const;
