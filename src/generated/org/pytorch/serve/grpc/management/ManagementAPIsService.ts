// Original file: management.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DescribeModelRequest as _org_pytorch_serve_grpc_management_DescribeModelRequest, DescribeModelRequest__Output as _org_pytorch_serve_grpc_management_DescribeModelRequest__Output } from '../../../../../org/pytorch/serve/grpc/management/DescribeModelRequest.js';
import type { ListModelsRequest as _org_pytorch_serve_grpc_management_ListModelsRequest, ListModelsRequest__Output as _org_pytorch_serve_grpc_management_ListModelsRequest__Output } from '../../../../../org/pytorch/serve/grpc/management/ListModelsRequest.js';
import type { ManagementResponse as _org_pytorch_serve_grpc_management_ManagementResponse, ManagementResponse__Output as _org_pytorch_serve_grpc_management_ManagementResponse__Output } from '../../../../../org/pytorch/serve/grpc/management/ManagementResponse.js';
import type { RegisterModelRequest as _org_pytorch_serve_grpc_management_RegisterModelRequest, RegisterModelRequest__Output as _org_pytorch_serve_grpc_management_RegisterModelRequest__Output } from '../../../../../org/pytorch/serve/grpc/management/RegisterModelRequest.js';
import type { ScaleWorkerRequest as _org_pytorch_serve_grpc_management_ScaleWorkerRequest, ScaleWorkerRequest__Output as _org_pytorch_serve_grpc_management_ScaleWorkerRequest__Output } from '../../../../../org/pytorch/serve/grpc/management/ScaleWorkerRequest.js';
import type { SetDefaultRequest as _org_pytorch_serve_grpc_management_SetDefaultRequest, SetDefaultRequest__Output as _org_pytorch_serve_grpc_management_SetDefaultRequest__Output } from '../../../../../org/pytorch/serve/grpc/management/SetDefaultRequest.js';
import type { UnregisterModelRequest as _org_pytorch_serve_grpc_management_UnregisterModelRequest, UnregisterModelRequest__Output as _org_pytorch_serve_grpc_management_UnregisterModelRequest__Output } from '../../../../../org/pytorch/serve/grpc/management/UnregisterModelRequest.js';

export interface ManagementAPIsServiceClient extends grpc.Client {
  DescribeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  DescribeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  DescribeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  DescribeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  describeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  describeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  describeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  describeModel(argument: _org_pytorch_serve_grpc_management_DescribeModelRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  
  ListModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  ListModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  listModels(argument: _org_pytorch_serve_grpc_management_ListModelsRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  
  RegisterModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  RegisterModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  RegisterModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  RegisterModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  registerModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  registerModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  registerModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  registerModel(argument: _org_pytorch_serve_grpc_management_RegisterModelRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  
  ScaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  ScaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  ScaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  ScaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  scaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  scaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  scaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  scaleWorker(argument: _org_pytorch_serve_grpc_management_ScaleWorkerRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  
  SetDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  SetDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  SetDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  SetDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  setDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  setDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  setDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  setDefault(argument: _org_pytorch_serve_grpc_management_SetDefaultRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  
  UnregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  UnregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  UnregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  UnregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  unregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  unregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  unregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  unregisterModel(argument: _org_pytorch_serve_grpc_management_UnregisterModelRequest, callback: grpc.requestCallback<_org_pytorch_serve_grpc_management_ManagementResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ManagementAPIsServiceHandlers extends grpc.UntypedServiceImplementation {
  DescribeModel: grpc.handleUnaryCall<_org_pytorch_serve_grpc_management_DescribeModelRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse>;
  
  ListModels: grpc.handleUnaryCall<_org_pytorch_serve_grpc_management_ListModelsRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse>;
  
  RegisterModel: grpc.handleUnaryCall<_org_pytorch_serve_grpc_management_RegisterModelRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse>;
  
  ScaleWorker: grpc.handleUnaryCall<_org_pytorch_serve_grpc_management_ScaleWorkerRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse>;
  
  SetDefault: grpc.handleUnaryCall<_org_pytorch_serve_grpc_management_SetDefaultRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse>;
  
  UnregisterModel: grpc.handleUnaryCall<_org_pytorch_serve_grpc_management_UnregisterModelRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse>;
  
}

export interface ManagementAPIsServiceDefinition extends grpc.ServiceDefinition {
  DescribeModel: MethodDefinition<_org_pytorch_serve_grpc_management_DescribeModelRequest, _org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_DescribeModelRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
  ListModels: MethodDefinition<_org_pytorch_serve_grpc_management_ListModelsRequest, _org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_ListModelsRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
  RegisterModel: MethodDefinition<_org_pytorch_serve_grpc_management_RegisterModelRequest, _org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_RegisterModelRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
  ScaleWorker: MethodDefinition<_org_pytorch_serve_grpc_management_ScaleWorkerRequest, _org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_ScaleWorkerRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
  SetDefault: MethodDefinition<_org_pytorch_serve_grpc_management_SetDefaultRequest, _org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_SetDefaultRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
  UnregisterModel: MethodDefinition<_org_pytorch_serve_grpc_management_UnregisterModelRequest, _org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_UnregisterModelRequest__Output, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
}
