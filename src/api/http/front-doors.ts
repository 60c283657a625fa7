import { type Address, isLoopbackHost, sameAddress } from '../../config/address.js';
import type { Config } from '../../config/config.js';
import type { SequenceHeaderKeys } from '../../config/sequence-headers.js';
import type { Lifecycle, WorkflowChanges } from '../../lifecycle/lifecycle.js';
import type { Logging } from '../../observability/logging/logging.js';
import type { Tracing } from '../../observability/tracing/tracing.js';
import type { Serving } from '../../serving/serving.js';
import type { WorkflowServing } from '../../serving/workflow-serving.js';
import type { BodyStore } from '../../workers/shared-memory/body-store.js';
import type { TokenKeys } from '../auth/token-keys.js';
import { WebGuard } from '../auth/web-guard.js';
import { WebSocketDoor } from '../websocket/websocket-door.js';
import { bind } from './binding.js';
import type { DoorContext, MetricsExposition } from './door-context.js';
import type { Role } from './endpoint.js';
import { endpointsOf } from './endpoints.js';
import { corsHeaders } from './envelope.js';
import { Gate } from './gate.js';
import { Listener } from './listener.js';
import { loadTls } from './tls.js';

/** The keys of the configuration that the doors obey. */
export type FrontDoorConfig = Pick<
  Config,
  | 'inferenceAddress'
  | 'managementAddress'
  | 'metricsAddress'
  | 'modelApi'
  | 'tsOpenInferenceProtocol'
  | 'trustedHosts'
  | 'trustedOrigins'
  | 'maxRequestSize'
  | 'maxResponseSize'
  | 'streamStallTimeout'
  | 'websocketPingInterval'
  | keyof SequenceHeaderKeys
  | 'corsAllowedOrigin'
  | 'corsAllowedMethods'
  | 'corsAllowedHeaders'
  | 'keystore'
  | 'keystorePass'
  | 'keystoreType'
  | 'privateKeyFile'
  | 'certificateFile'
>;

/** What the doors lead to. */
export interface FrontDoorOptions {
  readonly config: FrontDoorConfig;
  readonly serving: Serving;
  readonly lifecycle: Lifecycle;
  readonly workflows: WorkflowServing;
  readonly workflowChanges: WorkflowChanges;
  readonly logging: Pick<Logging, 'access' | 'ts'>;
  /** Absent: nothing is exported at `/metrics`. */
  readonly metrics?: MetricsExposition;
  /** Where large request bodies are put; absent: into the heap. */
  readonly store?: BodyStore;
  /** Absent: no token is asked for. */
  readonly tokens?: TokenKeys;
  /** Told the HTTP status of every response. */
  readonly onResponse?: (status: number) => void;
  /** Absent or null: requests are not traced. */
  readonly tracing?: Tracing | null;
  /** The version that clients are told. */
  readonly version: string;
}

/** A bound address. */
export interface FrontDoor {
  readonly roles: ReadonlySet<Role>;
  readonly address: Address;
  /** null for a Unix socket. */
  readonly port: number | null;
}

/** Every HTTP listener of the server, open. */
export interface FrontDoors {
  readonly doors: readonly FrontDoor[];
  /**
   * Stops accepting, waits until what is in flight is answered, ends every connection. Safe to call twice.
   * @param graceMs milliseconds after which requests in flight are cut
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Binds every listener: inference, management, metrics; APIs with one address share a listener.
 * @throws StartupError naming the address that could not be bound, or what is wrong with the certificate.
 */
export async function openFrontDoors(options: FrontDoorOptions): Promise<FrontDoors> {
  const { config, logging } = options;
  const plans = listenerPlans(config);
  const tls = plans.some(({ address }) => address.scheme === 'https') ? await loadTls(config) : null;
  const tokens = options.tokens ?? null;
  const context: DoorContext = {
    serving: options.serving,
    sockets: new WebSocketDoor(config, options.serving),
    lifecycle: options.lifecycle,
    workflows: options.workflows,
    workflowChanges: options.workflowChanges,
    metrics: options.metrics ?? null,
    ...(options.store && { store: options.store }),
    tokens,
    modelApi: config.modelApi,
    openInferenceProtocol: config.tsOpenInferenceProtocol,
    version: options.version,
  };
  const listeners: Listener[] = [];
  const closeAll = async (graceMs: number) => {
    await Promise.all([context.sockets.close(graceMs), ...listeners.map((listener) => listener.close(graceMs))]);
  };
  try {
    for (const { address, roles } of plans) {
      const listener = new Listener({
        address,
        roles,
        endpoints: endpointsOf(roles, context),
        gate: gateOf(address, config, tokens),
        tracing: options.tracing ?? null,
        tls: address.scheme === 'https' ? tls : null,
        cors: corsHeaders(config),
        maxRequestSize: config.maxRequestSize,
        maxResponseSize: config.maxResponseSize,
        streamStallMs: config.streamStallTimeout * 1000,
        access: (record) => logging.access(record),
        log: logging.ts('HttpDoors'),
        onResponse: options.onResponse ?? (() => {}),
      });
      await bind(listener);
      listeners.push(listener);
    }
  } catch (error) {
    await closeAll(0);
    throw error;
  }
  return { doors: listeners, close: ({ graceMs }) => closeAll(graceMs) };
}

interface ListenerPlan {
  readonly address: Address;
  readonly roles: Set<Role>;
}

/** Which APIs are served at which address, in the order of binding. */
function listenerPlans(config: FrontDoorConfig): ListenerPlan[] {
  const wanted: [Role, Address | null][] = [
    ['inference', config.inferenceAddress],
    ['management', config.managementAddress],
    ['metrics', config.metricsAddress],
  ];
  const plans: ListenerPlan[] = [];
  for (const [role, address] of wanted) {
    if (address !== null) {
      const shared = plans.find((plan) => sameAddress(plan.address, address));
      if (shared === undefined) {
        plans.push({ address, roles: new Set([role]) });
      } else {
        shared.roles.add(role);
      }
    }
  }
  for (const { roles } of plans) {
    // Where both APIs are served, the metrics are too, besides their own address.
    if (roles.has('inference') && roles.has('management') && config.metricsAddress !== null) {
      roles.add('metrics');
    }
  }
  return plans;
}

function gateOf(address: Address, config: FrontDoorConfig, tokens: TokenKeys | null): Gate {
  const guard = new WebGuard({
    hosts: [...config.trustedHosts, ...(address.host === null ? [] : [address.host])],
    origins: config.trustedOrigins,
    checkHost: address.scheme !== 'unix' && isLoopbackHost(address.host),
  });
  return new Gate({
    tokens,
    guard: tokens === null ? guard : null,
    cors: config.corsAllowedOrigin !== null && config.corsAllowedOrigin !== '',
  });
}
