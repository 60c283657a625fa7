import { key } from '../key.js';
import { choice, flag, integer, path, patterns, text } from '../kinds.js';
import { modelSettings, startupModels } from '../models.js';

const group = 'Models';

/** Which models are served, from where, and how their archives are treated. */
export const modelKeys = {
  model_store: key({
    group,
    type: path,
    default: null,
    help: 'Folder of the archives; `--model-store` says the same. One of the two is needed.',
  }),
  workflow_store: key({
    group,
    type: path,
    default: null,
    help: 'Folder of workflow archives; unset: the model store.',
  }),
  load_models: key({
    group,
    type: startupModels,
    default: null,
    help: 'What to load at start; `--models` says the same. One that fails is logged, and the start goes on.',
  }),
  models: key({
    group,
    type: modelSettings,
    default: null,
    environment: 'never',
    help: 'Settings of single versions, in JSON. It loads nothing by itself.',
  }),
  batch_policy: key({
    group,
    type: choice('window', 'eager'),
    default: 'window',
    ours: true,
    help: 'When a batch that is not full goes, unless the model says otherwise. window: when its first request has waited for `max_batch_delay`; eager: as soon as a worker has nothing to do, so that it grows only while all are busy.',
  }),
  model_snapshot: key({
    group,
    type: text,
    default: null,
    environment: 'never',
    help: 'Written into snapshots, in JSON; where it stands, its models and workflows are restored and `load_models` is not looked at.',
  }),
  job_queue_size: key({ group, type: integer(1), default: '100', help: 'Requests that may wait for one version.' }),
  allowed_urls: key({
    group,
    type: patterns,
    default: 'file://.*|http(s)?://.*',
    environment: 'allowed',
    help: 'Which urls models may come from; each pattern has to match a whole url, case ignored.',
  }),
  use_env_allowed_urls: key({
    group,
    type: flag,
    default: 'false',
    environment: 'never',
    help: 'True: `TS_ALLOWED_URLS` replaces `allowed_urls`.',
  }),
  default_service_handler: key({
    group,
    type: text,
    default: null,
    help: 'The handler where neither the register call nor the manifest names one.',
  }),
  service_envelope: key({
    group,
    type: choice('body', 'json', 'kserve', 'kservev2'),
    default: null,
    help: 'The envelope around the requests of every model.',
  }),
  install_py_dep_per_model: key({
    group,
    type: flag,
    default: 'false',
    help: "Install each archive's requirements file with pip, into the model's folder or its own virtual environment.",
  }),
  max_archive_size: key({
    group,
    type: integer(1),
    default: '107374182400',
    ours: true,
    help: 'Bytes that one archive may hold once unpacked.',
  }),
  max_archive_entries: key({
    group,
    type: integer(1),
    default: '100000',
    ours: true,
    help: 'Files that one archive may hold.',
  }),
} as const;
