import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { GRPCInferenceServiceClient as _org_pytorch_serve_grpc_openinference_GRPCInferenceServiceClient, GRPCInferenceServiceDefinition as _org_pytorch_serve_grpc_openinference_GRPCInferenceServiceDefinition } from './org/pytorch/serve/grpc/openinference/GRPCInferenceService.js';
import type { InferParameter as _org_pytorch_serve_grpc_openinference_InferParameter, InferParameter__Output as _org_pytorch_serve_grpc_openinference_InferParameter__Output } from './org/pytorch/serve/grpc/openinference/InferParameter.js';
import type { InferTensorContents as _org_pytorch_serve_grpc_openinference_InferTensorContents, InferTensorContents__Output as _org_pytorch_serve_grpc_openinference_InferTensorContents__Output } from './org/pytorch/serve/grpc/openinference/InferTensorContents.js';
import type { ModelInferRequest as _org_pytorch_serve_grpc_openinference_ModelInferRequest, ModelInferRequest__Output as _org_pytorch_serve_grpc_openinference_ModelInferRequest__Output } from './org/pytorch/serve/grpc/openinference/ModelInferRequest.js';
import type { ModelInferResponse as _org_pytorch_serve_grpc_openinference_ModelInferResponse, ModelInferResponse__Output as _org_pytorch_serve_grpc_openinference_ModelInferResponse__Output } from './org/pytorch/serve/grpc/openinference/ModelInferResponse.js';
import type { ModelMetadataRequest as _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, ModelMetadataRequest__Output as _org_pytorch_serve_grpc_openinference_ModelMetadataRequest__Output } from './org/pytorch/serve/grpc/openinference/ModelMetadataRequest.js';
import type { ModelMetadataResponse as _org_pytorch_serve_grpc_openinference_ModelMetadataResponse, ModelMetadataResponse__Output as _org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output } from './org/pytorch/serve/grpc/openinference/ModelMetadataResponse.js';
import type { ModelReadyRequest as _org_pytorch_serve_grpc_openinference_ModelReadyRequest, ModelReadyRequest__Output as _org_pytorch_serve_grpc_openinference_ModelReadyRequest__Output } from './org/pytorch/serve/grpc/openinference/ModelReadyRequest.js';
import type { ModelReadyResponse as _org_pytorch_serve_grpc_openinference_ModelReadyResponse, ModelReadyResponse__Output as _org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output } from './org/pytorch/serve/grpc/openinference/ModelReadyResponse.js';
import type { ServerLiveRequest as _org_pytorch_serve_grpc_openinference_ServerLiveRequest, ServerLiveRequest__Output as _org_pytorch_serve_grpc_openinference_ServerLiveRequest__Output } from './org/pytorch/serve/grpc/openinference/ServerLiveRequest.js';
import type { ServerLiveResponse as _org_pytorch_serve_grpc_openinference_ServerLiveResponse, ServerLiveResponse__Output as _org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output } from './org/pytorch/serve/grpc/openinference/ServerLiveResponse.js';
import type { ServerMetadataRequest as _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, ServerMetadataRequest__Output as _org_pytorch_serve_grpc_openinference_ServerMetadataRequest__Output } from './org/pytorch/serve/grpc/openinference/ServerMetadataRequest.js';
import type { ServerMetadataResponse as _org_pytorch_serve_grpc_openinference_ServerMetadataResponse, ServerMetadataResponse__Output as _org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output } from './org/pytorch/serve/grpc/openinference/ServerMetadataResponse.js';
import type { ServerReadyRequest as _org_pytorch_serve_grpc_openinference_ServerReadyRequest, ServerReadyRequest__Output as _org_pytorch_serve_grpc_openinference_ServerReadyRequest__Output } from './org/pytorch/serve/grpc/openinference/ServerReadyRequest.js';
import type { ServerReadyResponse as _org_pytorch_serve_grpc_openinference_ServerReadyResponse, ServerReadyResponse__Output as _org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output } from './org/pytorch/serve/grpc/openinference/ServerReadyResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  org: {
    pytorch: {
      serve: {
        grpc: {
          openinference: {
            GRPCInferenceService: SubtypeConstructor<typeof grpc.Client, _org_pytorch_serve_grpc_openinference_GRPCInferenceServiceClient> & { service: _org_pytorch_serve_grpc_openinference_GRPCInferenceServiceDefinition }
            InferParameter: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_InferParameter, _org_pytorch_serve_grpc_openinference_InferParameter__Output>
            InferTensorContents: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_InferTensorContents, _org_pytorch_serve_grpc_openinference_InferTensorContents__Output>
            ModelInferRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ModelInferRequest, _org_pytorch_serve_grpc_openinference_ModelInferRequest__Output>
            ModelInferResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ModelInferResponse, _org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>
            ModelMetadataRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ModelMetadataRequest, _org_pytorch_serve_grpc_openinference_ModelMetadataRequest__Output>
            ModelMetadataResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse, _org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>
            ModelReadyRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ModelReadyRequest, _org_pytorch_serve_grpc_openinference_ModelReadyRequest__Output>
            ModelReadyResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ModelReadyResponse, _org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>
            ServerLiveRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ServerLiveRequest, _org_pytorch_serve_grpc_openinference_ServerLiveRequest__Output>
            ServerLiveResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ServerLiveResponse, _org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>
            ServerMetadataRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ServerMetadataRequest, _org_pytorch_serve_grpc_openinference_ServerMetadataRequest__Output>
            ServerMetadataResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse, _org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>
            ServerReadyRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ServerReadyRequest, _org_pytorch_serve_grpc_openinference_ServerReadyRequest__Output>
            ServerReadyResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_openinference_ServerReadyResponse, _org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>
          }
        }
      }
    }
  }
}

