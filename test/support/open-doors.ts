import type { Role } from '../../src/api/http/endpoint.js';
import {
  type FrontDoorConfig,
  type FrontDoorOptions,
  type FrontDoors,
  openFrontDoors,
} from '../../src/api/http/front-doors.js';
import { parseAddress } from '../../src/config/address.js';
import type { AccessRecord } from '../../src/observability/logging/logging.js';
import { EchoServing } from './echo-serving.js';
import { EchoWorkflows } from './echo-workflows.js';
import { RawConnection, type RawResponse } from './raw-http.js';

/** Doors before an `EchoServing`, on ports that the system chose. */
export interface OpenDoors {
  readonly doors: FrontDoors;
  readonly serving: EchoServing;
  readonly workflows: EchoWorkflows;
  readonly accesses: AccessRecord[];
  readonly errors: unknown[];
  /** `http://127.0.0.1:port` of an API. */
  url(role?: Role): string;
  port(role?: Role): number;
  connect(role?: Role): RawConnection;
  /** One raw request on a connection of its own. */
  raw(text: string | Buffer, role?: Role, method?: string): Promise<RawResponse>;
}

/** The address of any free port. */
export function address(text = 'http://127.0.0.1:0') {
  const parsed = parseAddress(text, { http: 0, https: 0 });
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

/** A configuration for tests: three listeners on free ports, no tokens, the model API on. */
export function doorConfig(change: Partial<FrontDoorConfig> = {}): FrontDoorConfig {
  return {
    inferenceAddress: address(),
    managementAddress: address(),
    metricsAddress: address(),
    modelApi: true,
    tsOpenInferenceProtocol: false,
    trustedHosts: [],
    trustedOrigins: [],
    maxRequestSize: 6_553_500,
    maxResponseSize: 6_553_500,
    streamStallTimeout: 60,
    websocketPingInterval: 30,
    tsHeaderKeySequenceId: 'ts_request_sequence_id',
    tsHeaderKeySequenceStart: 'ts_request_sequence_start',
    tsHeaderKeySequenceEnd: 'ts_request_sequence_end',
    corsAllowedOrigin: null,
    corsAllowedMethods: null,
    corsAllowedHeaders: null,
    keystore: null,
    keystorePass: 'changeit',
    keystoreType: 'PKCS12',
    privateKeyFile: null,
    certificateFile: null,
    ...change,
  };
}

/** Opens doors; whoever calls closes them. */
export async function openDoors(
  change: Partial<FrontDoorConfig> = {},
  options: Partial<Omit<FrontDoorOptions, 'config'>> = {},
): Promise<OpenDoors> {
  const serving = new EchoServing().add('echo');
  const workflows = new EchoWorkflows(serving);
  const accesses: AccessRecord[] = [];
  const errors: unknown[] = [];
  const say = () => {};
  const logger = {
    debug: say,
    info: say,
    warn: say,
    error: (message: string, context?: unknown) => errors.push([message, context]),
  };
  const doors = await openFrontDoors({
    config: doorConfig(change),
    serving,
    lifecycle: serving,
    workflows,
    workflowChanges: workflows,
    logging: { access: (record) => accesses.push(record), ts: () => logger },
    version: '0.12.0',
    ...options,
  });
  const port = (role: Role = 'inference') => {
    const found = doors.doors.find(({ roles }) => roles.has(role))?.port;
    if (found == null) throw new Error(`no port serves ${role}`);
    return found;
  };
  const connect = (role?: Role) => new RawConnection({ host: '127.0.0.1', port: port(role) });
  return {
    doors,
    serving,
    workflows,
    accesses,
    errors,
    port,
    url: (role) => `http://127.0.0.1:${port(role)}`,
    connect,
    raw: async (text, role, method) => {
      const connection = connect(role).write(text);
      try {
        return await connection.response(method ?? String(text).split(' ', 1)[0]);
      } finally {
        connection.close();
      }
    },
  };
}
