import { key } from '../key.js';
import { flag, host, integer, listener, text } from '../kinds.js';

const group = 'Addresses and limits';
const port = integer(0, 65535);
const age = integer(0);

/** Where the server listens, and how large a message may be. */
export const addressKeys = {
  inference_address: key({
    group,
    type: listener(80, 443),
    default: 'http://127.0.0.1:8080',
    help: 'Where predictions are asked for. Without a port: 80, or 443 for https.',
  }),
  management_address: key({
    group,
    type: listener(8081, 8444),
    default: 'http://127.0.0.1:8081',
    help: 'Where models are managed. The same as `inference_address`: one listener serves both.',
  }),
  metrics_address: key({
    group,
    type: listener(8082, 8445),
    default: 'http://127.0.0.1:8082',
    help: 'Where `/metrics` is read. It cannot be shared with another address.',
  }),
  enable_metrics_api: key({ group, type: flag, default: 'true', help: 'False: there is no metrics listener.' }),
  stream_stall_timeout: key({
    group,
    type: integer(0),
    default: '60',
    ours: true,
    help: 'Seconds that the reader of a streamed result may take nothing of it before it is cut off; 0: no limit.',
  }),
  websocket_ping_interval: key({
    group,
    type: integer(0),
    default: '30',
    ours: true,
    help: 'Seconds after which a WebSocket client is asked whether it is there, and cut off if it did not answer the last time; 0: never.',
  }),
  grpc_inference_address: key({ group, type: host, default: '127.0.0.1', help: 'Host of the gRPC inference service.' }),
  grpc_management_address: key({
    group,
    type: host,
    default: '127.0.0.1',
    help: 'Host of the gRPC management service.',
  }),
  grpc_inference_port: key({ group, type: port, default: '7070', help: 'Port of the gRPC inference service.' }),
  grpc_management_port: key({ group, type: port, default: '7071', help: 'Port of the gRPC management service.' }),
  grpc_inference_max_connection_age_ms: key({
    group,
    type: age,
    default: null,
    help: 'Milliseconds after which a connection is asked to end; unset: never.',
  }),
  grpc_inference_max_connection_age_grace_ms: key({
    group,
    type: age,
    default: null,
    help: 'Milliseconds that calls of such a connection still have; unset: no limit.',
  }),
  grpc_management_max_connection_age_ms: key({
    group,
    type: age,
    default: null,
    help: 'The same for the management service.',
  }),
  grpc_management_max_connection_age_grace_ms: key({
    group,
    type: age,
    default: null,
    help: 'The same for the management service.',
  }),
  ts_open_inference_protocol: key({
    group,
    type: flag,
    default: 'false',
    environment: 'always',
    variable: 'TS_OPEN_INFERENCE_PROTOCOL',
    fromVariable: (word) => String(word === 'oip'),
    help: 'Serve the Open Inference Protocol (KServe v2) on the inference ports. The variable, if set, decides alone: only the word `oip` enables.',
  }),
  max_request_size: key({
    group,
    type: integer(1),
    default: '6553500',
    help: 'Bytes of a request body, on every door.',
  }),
  max_response_size: key({
    group,
    type: integer(1),
    default: '6553500',
    help: 'Bytes of an answer that a worker may give.',
  }),
  cors_allowed_origin: key({
    group,
    type: text,
    default: null,
    help: 'Copied into `access-control-allow-origin` of every response.',
  }),
  cors_allowed_methods: key({
    group,
    type: text,
    default: null,
    help: 'Copied into `access-control-allow-methods` of every response.',
  }),
  cors_allowed_headers: key({
    group,
    type: text,
    default: null,
    help: 'Copied into `access-control-allow-headers` of every response.',
  }),
  use_native_io: key({
    group,
    type: flag,
    default: 'true',
    environment: 'never',
    help: 'False: workers dial the server over TCP on 127.0.0.1 in place of a Unix socket, and `unix:` addresses are refused.',
  }),
  drain_timeout: key({
    group,
    type: integer(0),
    default: '30',
    ours: true,
    help: 'Seconds that requests in flight have at scale-down, unregister and stop before they are answered 503.',
  }),
} as const;
