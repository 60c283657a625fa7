import { join } from 'node:path';
import { type GrpcObject, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';
import type { ProtoGrpcType as ErrorInfoTypes } from '../../generated/error_info.js';
import type { ProtoGrpcType as InferenceTypes } from '../../generated/inference.js';
import type { ProtoGrpcType as KserveTypes } from '../../generated/kserve_inference.js';
import type { ProtoGrpcType as ManagementTypes } from '../../generated/management.js';
import type { ProtoGrpcType as OpenInferenceTypes } from '../../generated/open_inference_grpc.js';
import { packageRoot } from '../../workers/package-root.js';

const includeDirs = [join(packageRoot, 'proto')];
const usual: Options = { includeDirs, longs: Number, enums: Number, defaults: true, arrays: true, oneofs: true };
/** Elements of tensors keep every digit. */
const exact: Options = { ...usual, longs: String };

interface Loaded<Types> {
  readonly types: Types;
  /** The same for reflection. */
  readonly definition: PackageDefinition;
}

function load<Types>(file: string, options: Options = usual): Loaded<Types> {
  const definition = loadSync(file, options);
  return { definition, types: loadPackageDefinition(definition) as GrpcObject & Types };
}

/** What proto/ says of the public services. */
export const inferenceApi = load<InferenceTypes>('inference.proto');
export const managementApi = load<ManagementTypes>('management.proto');
export const openInferenceApi = load<OpenInferenceTypes>('open_inference_grpc.proto', exact);
export const kserveApi = load<KserveTypes>('kserve_inference.proto', exact);
export const errorInfoType = load<ErrorInfoTypes>('error_info.proto').types.google.rpc.ErrorInfo;
