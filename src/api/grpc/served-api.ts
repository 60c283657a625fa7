import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';

/** One service of a server. */
export interface ServedApi {
  /** Full name: `package.Service`. */
  readonly name: string;
  readonly service: ServiceDefinition;
  readonly methods: UntypedServiceImplementation;
  /** The file that it comes from, for reflection. */
  readonly definition: PackageDefinition;
}
