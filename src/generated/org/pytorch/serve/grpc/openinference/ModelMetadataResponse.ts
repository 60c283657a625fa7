// Original file: open_inference_grpc.proto

import type { Long } from '@grpc/proto-loader';

export interface _org_pytorch_serve_grpc_openinference_ModelMetadataResponse_TensorMetadata {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
}

export interface _org_pytorch_serve_grpc_openinference_ModelMetadataResponse_TensorMetadata__Output {
  'name': (string);
  'datatype': (string);
  'shape': (string)[];
}

export interface ModelMetadataResponse {
  'name'?: (string);
  'versions'?: (string)[];
  'platform'?: (string);
  'inputs'?: (_org_pytorch_serve_grpc_openinference_ModelMetadataResponse_TensorMetadata)[];
  'outputs'?: (_org_pytorch_serve_grpc_openinference_ModelMetadataResponse_TensorMetadata)[];
}

export interface ModelMetadataResponse__Output {
  'name': (string);
  'versions': (string)[];
  'platform': (string);
  'inputs': (_org_pytorch_serve_grpc_openinference_ModelMetadataResponse_TensorMetadata__Output)[];
  'outputs': (_org_pytorch_serve_grpc_openinference_ModelMetadataResponse_TensorMetadata__Output)[];
}
