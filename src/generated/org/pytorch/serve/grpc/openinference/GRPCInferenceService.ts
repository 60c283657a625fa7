// Original file: open_inference_grpc.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ModelInferRequest as _org_pytorch_serve_grpc_openinference_ModelInferRequest, ModelInferRequest__Output as _org_pytorch_serve_grpc_openinference_ModelInferRequest__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ModelInferRequest.js';
import type { ModelInferResponse as _org_pytorch_serve_grpc_openinference_ModelInferResponse, ModelInferResponse__Output as _org_pytorch_serve_grpc_openinference_ModelInferResponse__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ModelInferResponse.js';
import type { ModelMetadataRequest as _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, ModelMetadataRequest__Output as _org_pytorch_serve_grpc_openinference_ModelMetadataRequest__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ModelMetadataRequest.js';
import type { ModelMetadataResponse as _org_pytorch_serve_grpc_openinference_ModelMetadataResponse, ModelMetadataResponse__Output as _org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ModelMetadataResponse.js';
import type { ModelReadyRequest as _org_pytorch_serve_grpc_openinference_ModelReadyRequest, ModelReadyRequest__Output as _org_pytorch_serve_grpc_openinference_ModelReadyRequest__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ModelReadyRequest.js';
import type { ModelReadyResponse as _org_pytorch_serve_grpc_openinference_ModelReadyResponse, ModelReadyResponse__Output as _org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ModelReadyResponse.js';
import type { ServerLiveRequest as _org_pytorch_serve_grpc_openinference_ServerLiveRequest, ServerLiveRequest__Output as _org_pytorch_serve_grpc_openinference_ServerLiveRequest__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ServerLiveRequest.js';
import type { ServerLiveResponse as _org_pytorch_serve_grpc_openinference_ServerLiveResponse, ServerLiveResponse__Output as _org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ServerLiveResponse.js';
import type { ServerMetadataRequest as _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, ServerMetadataRequest__Output as _org_pytorch_serve_grpc_openinference_ServerMetadataRequest__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ServerMetadataRequest.js';
import type { ServerMetadataResponse as _org_pytorch_serve_grpc_openinference_ServerMetadataResponse, ServerMetadataResponse__Output as _org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ServerMetadataResponse.js';
import type { ServerReadyRequest as _org_pytorch_serve_grpc_openinference_ServerReadyRequest, ServerReadyRequest__Output as _org_pytorch_serve_grpc_openinference_ServerReadyRequest__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ServerReadyRequest.js';
import type { ServerReadyResponse as _org_pytorch_serve_grpc_openinference_ServerReadyResponse, ServerReadyResponse__Output as _org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output } from '../../../../../org/pytorch/serve/grpc/openinference/ServerReadyResponse.js';

export interface GRPCInferenceServiceClient extends grpc.Client {
  ModelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  ModelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  ModelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  ModelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  modelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  modelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  modelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  modelInfer(argument: _org_pytorch_serve_grpc_openinference_ModelInferRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>): grpc.ClientUnaryCall;
  
  ModelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  ModelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  ModelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  ModelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  modelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  modelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  modelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  modelMetadata(argument: _org_pytorch_serve_grpc_openinference_ModelMetadataRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>): grpc.ClientUnaryCall;
  
  ModelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  ModelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  ModelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  ModelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  modelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  modelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  modelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  modelReady(argument: _org_pytorch_serve_grpc_openinference_ModelReadyRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>): grpc.ClientUnaryCall;
  
  ServerLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  ServerLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  ServerLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  ServerLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  serverLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  serverLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  serverLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  serverLive(argument: _org_pytorch_serve_grpc_openinference_ServerLiveRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>): grpc.ClientUnaryCall;
  
  ServerMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  ServerMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  ServerMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  ServerMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  serverMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  serverMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  serverMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  serverMetadata(argument: _org_pytorch_serve_grpc_openinference_ServerMetadataRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>): grpc.ClientUnaryCall;
  
  ServerReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  ServerReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  ServerReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  ServerReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  serverReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  serverReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  serverReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  serverReady(argument: _org_pytorch_serve_grpc_openinference_ServerReadyRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface GRPCInferenceServiceHandlers extends grpc.UntypedServiceImplementation {
  ModelInfer: grpc.handleUnaryCall<_org_pytorch_serve_grpc_openinference_ModelInferRequest__Output, _org_pytorch_serve_grpc_openinference_ModelInferResponse>;
  
  ModelMetadata: grpc.handleUnaryCall<_org_pytorch_serve_grpc_openinference_ModelMetadataRequest__Output, _org_pytorch_serve_grpc_openinference_ModelMetadataResponse>;
  
  ModelReady: grpc.handleUnaryCall<_org_pytorch_serve_grpc_openinference_ModelReadyRequest__Output, _org_pytorch_serve_grpc_openinference_ModelReadyResponse>;
  
  ServerLive: grpc.handleUnaryCall<_org_pytorch_serve_grpc_openinference_ServerLiveRequest__Output, _org_pytorch_serve_grpc_openinference_ServerLiveResponse>;
  
  ServerMetadata: grpc.handleUnaryCall<_org_pytorch_serve_grpc_openinference_ServerMetadataRequest__Output, _org_pytorch_serve_grpc_openinference_ServerMetadataResponse>;
  
  ServerReady: grpc.handleUnaryCall<_org_pytorch_serve_grpc_openinference_ServerReadyRequest__Output, _org_pytorch_serve_grpc_openinference_ServerReadyResponse>;
  
}

export interface GRPCInferenceServiceDefinition extends grpc.ServiceDefinition {
  ModelInfer: MethodDefinition<_org_pytorch_serve_grpc_openinference_ModelInferRequest, _org_pytorch_serve_grpc_openinference_ModelInferResponse, _org_pytorch_serve_grpc_openinference_ModelInferRequest__Output, _org_pytorch_serve_grpc_openinference_ModelInferResponse__Output>
  ModelMetadata: MethodDefinition<_org_pytorch_serve_grpc_openinference_ModelMetadataRequest, _org_pytorch_serve_grpc_openinference_ModelMetadataResponse, _org_pytorch_serve_grpc_openinference_ModelMetadataRequest__Output, _org_pytorch_serve_grpc_openinference_ModelMetadataResponse__Output>
  ModelReady: MethodDefinition<_org_pytorch_serve_grpc_openinference_ModelReadyRequest, _org_pytorch_serve_grpc_openinference_ModelReadyResponse, _org_pytorch_serve_grpc_openinference_ModelReadyRequest__Output, _org_pytorch_serve_grpc_openinference_ModelReadyResponse__Output>
  ServerLive: MethodDefinition<_org_pytorch_serve_grpc_openinference_ServerLiveRequest, _org_pytorch_serve_grpc_openinference_ServerLiveResponse, _org_pytorch_serve_grpc_openinference_ServerLiveRequest__Output, _org_pytorch_serve_grpc_openinference_ServerLiveResponse__Output>
  ServerMetadata: MethodDefinition<_org_pytorch_serve_grpc_openinference_ServerMetadataRequest, _org_pytorch_serve_grpc_openinference_ServerMetadataResponse, _org_pytorch_serve_grpc_openinference_ServerMetadataRequest__Output, _org_pytorch_serve_grpc_openinference_ServerMetadataResponse__Output>
  ServerReady: MethodDefinition<_org_pytorch_serve_grpc_openinference_ServerReadyRequest, _org_pytorch_serve_grpc_openinference_ServerReadyResponse, _org_pytorch_serve_grpc_openinference_ServerReadyRequest__Output, _org_pytorch_serve_grpc_openinference_ServerReadyResponse__Output>
}
