import { key } from '../key.js';
import { choice, flag, path, positive, words } from '../kinds.js';

const group = 'Metrics and logs';

/** What the server tells of itself. */
export const observabilityKeys = {
  metrics_config: key({
    group,
    type: path,
    default: null,
    help: 'YAML that defines the metrics; unset: the definitions that come with the server.',
  }),
  metrics_mode: key({
    group,
    type: choice('log', 'prometheus', 'legacy'),
    default: 'log',
    help: 'log: metrics are lines of the metric logs; prometheus: they are read at `/metrics`; legacy: the three inference counters there, the rest in the logs.',
  }),
  model_metrics_auto_detect: key({
    group,
    type: flag,
    default: 'false',
    help: 'Accept metrics of handlers that `metrics_config` does not list.',
  }),
  disable_system_metrics: key({ group, type: flag, default: 'false', help: 'No CPU, memory, disk and GPU metrics.' }),
  system_metrics_cmd: key({
    group,
    type: words,
    default: null,
    environment: 'never',
    help: 'Script and arguments that collect system metrics, run by the Python of the workers; unset: the collector that comes with the server.',
  }),
  metric_time_interval: key({
    group,
    type: positive,
    default: '60',
    environment: 'never',
    help: 'Seconds between two collections of system metrics.',
  }),
  log_config: key({
    group,
    type: path,
    default: null,
    ours: true,
    help: 'How logs are written (docs/logging.md); `--log-config` says the same.',
  }),
} as const;
