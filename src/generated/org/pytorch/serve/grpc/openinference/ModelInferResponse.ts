// Original file: open_inference_grpc.proto

import type { InferParameter as _org_pytorch_serve_grpc_openinference_InferParameter, InferParameter__Output as _org_pytorch_serve_grpc_openinference_InferParameter__Output } from '../../../../../org/pytorch/serve/grpc/openinference/InferParameter.js';
import type { InferTensorContents as _org_pytorch_serve_grpc_openinference_InferTensorContents, InferTensorContents__Output as _org_pytorch_serve_grpc_openinference_InferTensorContents__Output } from '../../../../../org/pytorch/serve/grpc/openinference/InferTensorContents.js';
import type { Long } from '@grpc/proto-loader';

export interface _org_pytorch_serve_grpc_openinference_ModelInferResponse_InferOutputTensor {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
  'parameters'?: ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter});
  'contents'?: (_org_pytorch_serve_grpc_openinference_InferTensorContents | null);
}

export interface _org_pytorch_serve_grpc_openinference_ModelInferResponse_InferOutputTensor__Output {
  'name': (string);
  'datatype': (string);
  'shape': (string)[];
  'parameters': ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter__Output});
  'contents': (_org_pytorch_serve_grpc_openinference_InferTensorContents__Output | null);
}

export interface ModelInferResponse {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'id'?: (string);
  'parameters'?: ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter});
  'outputs'?: (_org_pytorch_serve_grpc_openinference_ModelInferResponse_InferOutputTensor)[];
  'rawOutputContents'?: (Buffer | Uint8Array | string)[];
}

export interface ModelInferResponse__Output {
  'modelName': (string);
  'modelVersion': (string);
  'id': (string);
  'parameters': ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter__Output});
  'outputs': (_org_pytorch_serve_grpc_openinference_ModelInferResponse_InferOutputTensor__Output)[];
  'rawOutputContents': (Buffer)[];
}
