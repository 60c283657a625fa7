import { key } from '../key.js';
import { choice, flag, integer, pattern, text } from '../kinds.js';
import { launcherArguments } from '../launcher-arguments.js';

const group = 'Workers';
const seconds = integer(0);

/** How many workers a model has, how they start, and what they see. */
export const workerKeys = {
  python: key({
    group,
    type: text,
    default: null,
    environment: 'always',
    help: 'The Python that runs workers; `--python` says the same. Unset: the active virtual environment, else the `.venv` of this package, else `python3`.',
  }),
  worker_start_method: key({
    group,
    type: choice('auto', 'fork', 'spawn'),
    default: 'auto',
    ours: true,
    help: 'fork: workers come from a process that has imported torch already; spawn: each is a new interpreter; auto: fork where that is safe.',
  }),
  shared_memory_size: key({
    group,
    type: integer(0),
    default: '268435456',
    ours: true,
    help: "Most bytes of shared memory (`/dev/shm`, of which never more than half of what is free) in which large request bodies wait for workers; each worker has a quarter as much for answers. 0: large bodies travel over the workers' links, as they do where it is full.",
  }),
  default_workers_per_model: key({
    group,
    type: integer(0),
    default: '0',
    help: 'Workers of a model that is loaded at start; 0: one for each GPU, else for each CPU. It is also the default of `initial_workers` at register.',
  }),
  default_response_timeout: key({
    group,
    type: seconds,
    default: '120',
    help: 'Seconds that a worker has for a batch, unless the model says otherwise.',
  }),
  default_startup_timeout: key({
    group,
    type: seconds,
    default: '120',
    help: 'Seconds that a worker has to load its model, unless the model says otherwise.',
  }),
  unregister_model_timeout: key({
    group,
    type: seconds,
    default: '120',
    help: 'Seconds that a synchronous scale-down and an unregister wait for workers to end before they are answered 408; the workers end all the same.',
  }),
  number_of_gpu: key({
    group,
    type: integer(0),
    default: null,
    help: 'GPUs to use at most; unset: all that are found.',
  }),
  blacklist_env_vars: key({
    group,
    type: pattern,
    default: null,
    help: 'Variables whose whole name matches are withheld from workers, pip and the metrics process.',
  }),
  initial_worker_port: key({
    group,
    type: integer(0, 65535),
    default: '9000',
    help: 'The number that names the first worker; the next ones count up.',
  }),
  initial_distribution_port: key({
    group,
    type: integer(0, 65535),
    default: '29500',
    help: 'First port of workers of several processes (`parallelType`): each has as many ports as processes, and the first one names it.',
  }),
  debug: key({
    group,
    type: flag,
    default: 'false',
    help: 'One worker a model, whose deadlines never pass, so that a debugger can be attached.',
  }),
  decode_input_request: key({
    group,
    type: flag,
    default: 'true',
    help: 'Handlers get JSON bodies as objects and text bodies as strings; false: all as bytes.',
  }),
  limit_max_image_pixels: key({
    group,
    type: flag,
    default: 'true',
    help: "False: image handlers take images of any size, past Pillow's limit.",
  }),
  ipex_enable: key({ group, type: flag, default: 'false', help: 'Handed to workers as `TS_IPEX_ENABLE`.' }),
  ipex_gpu_enable: key({ group, type: flag, default: 'false', help: 'Handed to workers as `TS_IPEX_GPU_ENABLE`.' }),
  cpu_launcher_enable: key({
    group,
    type: flag,
    default: 'false',
    help: 'Pin workers on the CPU to cores and memory nodes of their own (docs/cpu-launcher.md).',
  }),
  cpu_launcher_args: key({
    group,
    type: launcherArguments,
    default: '',
    help: 'How: which cores, how many for each worker, and which memory allocator.',
  }),
  ts_header_key_sequence_id: key({
    group,
    type: text,
    default: 'ts_request_sequence_id',
    variable: 'TS_HEADER_KEY_SEQUENCE_ID',
    help: 'Header that names the sequence of a request to a stateful model.',
  }),
  ts_header_key_sequence_start: key({
    group,
    type: text,
    default: 'ts_request_sequence_start',
    variable: 'TS_HEADER_KEY_SEQUENCE_START',
    help: 'Header that begins a sequence.',
  }),
  ts_header_key_sequence_end: key({
    group,
    type: text,
    default: 'ts_request_sequence_end',
    variable: 'TS_HEADER_KEY_SEQUENCE_END',
    help: 'Header that ends a sequence.',
  }),
} as const;
