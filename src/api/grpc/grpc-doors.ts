import type { ServerCredentials, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/proto-loader';
import type { Config } from '../../config/config.js';
import { type SequenceHeaderKeys, sequenceHeadersOf } from '../../config/sequence-headers.js';
import type { Lifecycle } from '../../lifecycle/lifecycle.js';
import type { AccessRecord, Logging } from '../../observability/logging/logging.js';
import type { Tracing } from '../../observability/tracing/tracing.js';
import type { Serving } from '../../serving/serving.js';
import type { TokenKeys, TokenScope } from '../auth/token-keys.js';
import { inferenceApi, kserveApi, managementApi, openInferenceApi } from './definitions.js';
import { grpcCredentials } from './grpc-credentials.js';
import { GrpcServer } from './grpc-server.js';
import { healthServiceName } from './health-service.js';
import { inferenceService } from './inference-service.js';
import { managementService } from './management-service.js';
import { openInferenceService } from './open-inference-service.js';
import type { ServedApi } from './served-api.js';

/** The keys of the configuration that the gRPC doors obey. */
export type GrpcDoorConfig = Pick<
  Config,
  | 'grpcInferenceAddress'
  | 'grpcInferencePort'
  | 'grpcInferenceMaxConnectionAgeMs'
  | 'grpcInferenceMaxConnectionAgeGraceMs'
  | 'grpcManagementAddress'
  | 'grpcManagementPort'
  | 'grpcManagementMaxConnectionAgeMs'
  | 'grpcManagementMaxConnectionAgeGraceMs'
  | 'enableGrpcSsl'
  | 'privateKeyFile'
  | 'certificateFile'
  | 'maxRequestSize'
  | 'maxResponseSize'
  | 'streamStallTimeout'
  | 'modelApi'
  | 'tsOpenInferenceProtocol'
  | keyof SequenceHeaderKeys
>;

/** What the doors lead to. */
export interface GrpcDoorOptions {
  readonly config: GrpcDoorConfig;
  readonly serving: Serving;
  readonly lifecycle: Lifecycle;
  readonly logging: Pick<Logging, 'access' | 'ts'>;
  /** null: no token is asked for. */
  readonly tokens: TokenKeys | null;
  /** The server's own version. */
  readonly version: string;
  /** Absent or null: calls are not traced. */
  readonly tracing?: Tracing | null;
  /** Told `package.Service/Method` and the name of the gRPC status of every call. */
  readonly onCall?: (method: string, code: string) => void;
}

/** Both gRPC servers, open. */
export interface GrpcDoors {
  readonly inferencePort: number;
  readonly managementPort: number;
  /**
   * Takes no new calls, waits for those in flight, ends every connection. Safe to call twice.
   * @param graceMs milliseconds after which calls in flight are cut
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Binds the gRPC servers for inference and management.
 * @throws StartupError naming the key whose address could not be bound, or what is wrong with the certificate.
 */
export async function openGrpcDoors(options: GrpcDoorOptions): Promise<GrpcDoors> {
  const { config } = options;
  const credentials = await grpcCredentials(config);
  const inference = new GrpcServer({
    ...common(options, credentials, 'inference', inferenceApis(options)),
    host: config.grpcInferenceAddress,
    port: config.grpcInferencePort,
    keys: { host: 'grpc_inference_address', port: 'grpc_inference_port' },
    maxConnectionAgeMs: config.grpcInferenceMaxConnectionAgeMs,
    maxConnectionAgeGraceMs: config.grpcInferenceMaxConnectionAgeGraceMs,
  });
  const management = new GrpcServer({
    ...common(options, credentials, 'management', managementApis(options)),
    host: config.grpcManagementAddress,
    port: config.grpcManagementPort,
    keys: { host: 'grpc_management_address', port: 'grpc_management_port' },
    maxConnectionAgeMs: config.grpcManagementMaxConnectionAgeMs,
    maxConnectionAgeGraceMs: config.grpcManagementMaxConnectionAgeGraceMs,
  });
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all([inference.close(graceMs), management.close(graceMs)]);
  };
  try {
    const inferencePort = await inference.open();
    const managementPort = await management.open();
    return { inferencePort, managementPort, close: ({ graceMs }) => close(graceMs) };
  } catch (error) {
    await close(0);
    throw error;
  }
}

/** What both servers have in common. */
function common(
  { config, serving, logging, tokens, tracing = null, onCall = () => {} }: GrpcDoorOptions,
  credentials: ServerCredentials,
  scope: TokenScope,
  apis: readonly ServedApi[],
) {
  return {
    credentials,
    apis,
    healthy: () => serving.healthy(),
    records: {
      tokens,
      scope,
      tracing,
      open: new Set([healthServiceName]),
      access: (record: AccessRecord) => logging.access(record),
      onCall,
    },
    maxRequestSize: config.maxRequestSize,
    maxResponseSize: config.maxResponseSize,
  };
}

function inferenceApis({ config, serving, logging, version }: GrpcDoorOptions): ServedApi[] {
  const log = logging.ts('GrpcDoors');
  const predictions = inferenceService({
    serving,
    log,
    streamStallMs: config.streamStallTimeout * 1000,
    sequenceHeaders: sequenceHeadersOf(config),
  });
  const { InferenceAPIsService } = inferenceApi.types.org.pytorch.serve.grpc.inference;
  const apis = [
    api('org.pytorch.serve.grpc.inference.InferenceAPIsService', InferenceAPIsService, predictions, inferenceApi),
  ];
  if (config.tsOpenInferenceProtocol) {
    const methods = openInferenceService({ serving, version, log });
    const { openinference } = openInferenceApi.types.org.pytorch.serve.grpc;
    apis.push(
      api(
        'org.pytorch.serve.grpc.openinference.GRPCInferenceService',
        openinference.GRPCInferenceService,
        methods,
        openInferenceApi,
      ),
      api('inference.GRPCInferenceService', kserveApi.types.inference.GRPCInferenceService, methods, kserveApi),
    );
  }
  return apis;
}

function managementApis({ config, serving, lifecycle, logging }: GrpcDoorOptions): ServedApi[] {
  const methods = managementService({ serving, lifecycle, modelApi: config.modelApi, log: logging.ts('GrpcDoors') });
  const { ManagementAPIsService } = managementApi.types.org.pytorch.serve.grpc.management;
  return [
    api('org.pytorch.serve.grpc.management.ManagementAPIsService', ManagementAPIsService, methods, managementApi),
  ];
}

function api(
  name: string,
  { service }: { readonly service: unknown },
  methods: object,
  { definition }: { readonly definition: ServedApi['definition'] },
): ServedApi {
  return { name, service: service as ServiceDefinition, methods: methods as UntypedServiceImplementation, definition };
}
