import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from './google/protobuf/Any.js';
import type { Empty as _google_protobuf_Empty, Empty__Output as _google_protobuf_Empty__Output } from './google/protobuf/Empty.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from './google/rpc/Status.js';
import type { InferenceAPIsServiceClient as _org_pytorch_serve_grpc_inference_InferenceAPIsServiceClient, InferenceAPIsServiceDefinition as _org_pytorch_serve_grpc_inference_InferenceAPIsServiceDefinition } from './org/pytorch/serve/grpc/inference/InferenceAPIsService.js';
import type { PredictionResponse as _org_pytorch_serve_grpc_inference_PredictionResponse, PredictionResponse__Output as _org_pytorch_serve_grpc_inference_PredictionResponse__Output } from './org/pytorch/serve/grpc/inference/PredictionResponse.js';
import type { PredictionsRequest as _org_pytorch_serve_grpc_inference_PredictionsRequest, PredictionsRequest__Output as _org_pytorch_serve_grpc_inference_PredictionsRequest__Output } from './org/pytorch/serve/grpc/inference/PredictionsRequest.js';
import type { TorchServeHealthResponse as _org_pytorch_serve_grpc_inference_TorchServeHealthResponse, TorchServeHealthResponse__Output as _org_pytorch_serve_grpc_inference_TorchServeHealthResponse__Output } from './org/pytorch/serve/grpc/inference/TorchServeHealthResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Any: MessageTypeDefinition<_google_protobuf_Any, _google_protobuf_Any__Output>
      Empty: MessageTypeDefinition<_google_protobuf_Empty, _google_protobuf_Empty__Output>
    }
    rpc: {
      Status: MessageTypeDefinition<_google_rpc_Status, _google_rpc_Status__Output>
    }
  }
  org: {
    pytorch: {
      serve: {
        grpc: {
          inference: {
            InferenceAPIsService: SubtypeConstructor<typeof grpc.Client, _org_pytorch_serve_grpc_inference_InferenceAPIsServiceClient> & { service: _org_pytorch_serve_grpc_inference_InferenceAPIsServiceDefinition }
            PredictionResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_inference_PredictionResponse, _org_pytorch_serve_grpc_inference_PredictionResponse__Output>
            PredictionsRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_inference_PredictionsRequest, _org_pytorch_serve_grpc_inference_PredictionsRequest__Output>
            TorchServeHealthResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_inference_TorchServeHealthResponse, _org_pytorch_serve_grpc_inference_TorchServeHealthResponse__Output>
          }
        }
      }
    }
  }
}

