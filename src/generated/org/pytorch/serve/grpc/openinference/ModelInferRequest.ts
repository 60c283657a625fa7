// Original file: open_inference_grpc.proto

import type { InferParameter as _org_pytorch_serve_grpc_openinference_InferParameter, InferParameter__Output as _org_pytorch_serve_grpc_openinference_InferParameter__Output } from '../../../../../org/pytorch/serve/grpc/openinference/InferParameter.js';
import type { InferTensorContents as _org_pytorch_serve_grpc_openinference_InferTensorContents, InferTensorContents__Output as _org_pytorch_serve_grpc_openinference_InferTensorContents__Output } from '../../../../../org/pytorch/serve/grpc/openinference/InferTensorContents.js';
import type { Long } from '@grpc/proto-loader';

export interface _org_pytorch_serve_grpc_openinference_ModelInferRequest_InferInputTensor {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
  'parameters'?: ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter});
  'contents'?: (_org_pytorch_serve_grpc_openinference_InferTensorContents | null);
}

export interface _org_pytorch_serve_grpc_openinference_ModelInferRequest_InferInputTensor__Output {
  'name': (string);
  'datatype': (string);
  'shape': (string)[];
  'parameters': ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter__Output});
  'contents': (_org_pytorch_serve_grpc_openinference_InferTensorContents__Output | null);
}

export interface _org_pytorch_serve_grpc_openinference_ModelInferRequest_InferRequestedOutputTensor {
  'name'?: (string);
  'parameters'?: ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter});
}

export interface _org_pytorch_serve_grpc_openinference_ModelInferRequest_InferRequestedOutputTensor__Output {
  'name': (string);
  'parameters': ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter__Output});
}

export interface ModelInferRequest {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'id'?: (string);
  'parameters'?: ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter});
  'inputs'?: (_org_pytorch_serve_grpc_openinference_ModelInferRequest_InferInputTensor)[];
  'outputs'?: (_org_pytorch_serve_grpc_openinference_ModelInferRequest_InferRequestedOutputTensor)[];
  'rawInputContents'?: (Buffer | Uint8Array | string)[];
}

export interface ModelInferRequest__Output {
  'modelName': (string);
  'modelVersion': (string);
  'id': (string);
  'parameters': ({[key: string]: _org_pytorch_serve_grpc_openinference_InferParameter__Output});
  'inputs': (_org_pytorch_serve_grpc_openinference_ModelInferRequest_InferInputTensor__Output)[];
  'outputs': (_org_pytorch_serve_grpc_openinference_ModelInferRequest_InferRequestedOutputTensor__Output)[];
  'rawInputContents': (Buffer)[];
}
