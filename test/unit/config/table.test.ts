import { describe, expect, test } from 'vitest';
import { type Key, variableOf } from '../../../src/config/key.js';
import { keyNames, keyTable } from '../../../src/config/table.js';

const switched = (...names: string[]) => names.map((name) => [name, `TS_${name.toUpperCase()}`] as const);

/** The keys of TorchServe 0.12.0 and the variables that may replace them. */
const torchServe = new Map<string, string | null>([
  ...switched('inference_address', 'management_address', 'metrics_address', 'enable_metrics_api'),
  ...switched('grpc_inference_address', 'grpc_management_address', 'grpc_inference_port', 'grpc_management_port'),
  ...switched('grpc_inference_max_connection_age_ms', 'grpc_management_max_connection_age_ms'),
  ...switched('grpc_inference_max_connection_age_grace_ms', 'grpc_management_max_connection_age_grace_ms'),
  ...switched('enable_grpc_ssl', 'max_request_size', 'max_response_size'),
  ...switched('cors_allowed_origin', 'cors_allowed_methods', 'cors_allowed_headers'),
  ...switched('number_of_netty_threads', 'netty_client_threads', 'prefer_direct_buffer'),
  ...switched('model_store', 'workflow_store', 'load_models', 'default_workers_per_model'),
  ...switched('default_response_timeout', 'default_startup_timeout', 'unregister_model_timeout', 'job_queue_size'),
  ...switched('number_of_gpu', 'default_service_handler', 'service_envelope', 'install_py_dep_per_model'),
  ...switched(
    'blacklist_env_vars',
    'initial_worker_port',
    'initial_distribution_port',
    'debug',
    'decode_input_request',
  ),
  ...switched('limit_max_image_pixels', 'ipex_enable', 'ipex_gpu_enable', 'cpu_launcher_enable', 'cpu_launcher_args'),
  ...switched('cpp_log_config', 'disable_token_authorization', 'enable_model_api'),
  ...switched('keystore', 'keystore_pass', 'keystore_type', 'private_key_file', 'certificate_file'),
  ...switched('metrics_config', 'metrics_mode', 'model_metrics_auto_detect', 'disable_system_metrics', 'async_logging'),
  ['token_expiration_min', 'TS_TOKEN_EXPIRATION_TIME_MIN'],
  ['ts_open_inference_protocol', 'TS_OPEN_INFERENCE_PROTOCOL'],
  ['ts_header_key_sequence_id', 'TS_HEADER_KEY_SEQUENCE_ID'],
  ['ts_header_key_sequence_start', 'TS_HEADER_KEY_SEQUENCE_START'],
  ['ts_header_key_sequence_end', 'TS_HEADER_KEY_SEQUENCE_END'],
  ['model_server_home', 'TS_MODEL_SERVER_HOME'],
  ['allowed_urls', 'TS_ALLOWED_URLS'],
  ['python', 'TS_PYTHON'],
  ...['models', 'model_snapshot', 'use_env_allowed_urls', 'system_metrics_cmd', 'metric_time_interval'].map(never),
  ...['use_native_io', 'io_ratio', 'enable_envvars_config', 'vmargs', 'plugins_path', 'version', 'tsConfigFile'].map(
    never,
  ),
]);

function never(name: string): [string, null] {
  return [name, null];
}

const row = (name: (typeof keyNames)[number]): Key<unknown, string | null> => keyTable[name];

describe('the table', () => {
  test('has every key of TorchServe with its variable, and marks those that are ours', () => {
    const theirs = keyNames.filter((name) => !row(name).ours);
    expect(new Map(theirs.map((name) => [name, variableOf(name, row(name))]))).toEqual(torchServe);
  });

  test.each(keyNames)('%s says what it takes, means, and has a default that can be read', (name) => {
    const { type, help, default: usual } = row(name);
    expect(type.description).toMatch(/\w/);
    expect(help).toMatch(/\.$/);
    if (usual !== null) {
      expect(type.safeParse(usual).success).toBe(true);
    }
  });
});
