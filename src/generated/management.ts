import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { DescribeModelRequest as _org_pytorch_serve_grpc_management_DescribeModelRequest, DescribeModelRequest__Output as _org_pytorch_serve_grpc_management_DescribeModelRequest__Output } from './org/pytorch/serve/grpc/management/DescribeModelRequest.js';
import type { ListModelsRequest as _org_pytorch_serve_grpc_management_ListModelsRequest, ListModelsRequest__Output as _org_pytorch_serve_grpc_management_ListModelsRequest__Output } from './org/pytorch/serve/grpc/management/ListModelsRequest.js';
import type { ManagementAPIsServiceClient as _org_pytorch_serve_grpc_management_ManagementAPIsServiceClient, ManagementAPIsServiceDefinition as _org_pytorch_serve_grpc_management_ManagementAPIsServiceDefinition } from './org/pytorch/serve/grpc/management/ManagementAPIsService.js';
import type { ManagementResponse as _org_pytorch_serve_grpc_management_ManagementResponse, ManagementResponse__Output as _org_pytorch_serve_grpc_management_ManagementResponse__Output } from './org/pytorch/serve/grpc/management/ManagementResponse.js';
import type { RegisterModelRequest as _org_pytorch_serve_grpc_management_RegisterModelRequest, RegisterModelRequest__Output as _org_pytorch_serve_grpc_management_RegisterModelRequest__Output } from './org/pytorch/serve/grpc/management/RegisterModelRequest.js';
import type { ScaleWorkerRequest as _org_pytorch_serve_grpc_management_ScaleWorkerRequest, ScaleWorkerRequest__Output as _org_pytorch_serve_grpc_management_ScaleWorkerRequest__Output } from './org/pytorch/serve/grpc/management/ScaleWorkerRequest.js';
import type { SetDefaultRequest as _org_pytorch_serve_grpc_management_SetDefaultRequest, SetDefaultRequest__Output as _org_pytorch_serve_grpc_management_SetDefaultRequest__Output } from './org/pytorch/serve/grpc/management/SetDefaultRequest.js';
import type { UnregisterModelRequest as _org_pytorch_serve_grpc_management_UnregisterModelRequest, UnregisterModelRequest__Output as _org_pytorch_serve_grpc_management_UnregisterModelRequest__Output } from './org/pytorch/serve/grpc/management/UnregisterModelRequest.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  org: {
    pytorch: {
      serve: {
        grpc: {
          management: {
            DescribeModelRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_management_DescribeModelRequest, _org_pytorch_serve_grpc_management_DescribeModelRequest__Output>
            ListModelsRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_management_ListModelsRequest, _org_pytorch_serve_grpc_management_ListModelsRequest__Output>
            ManagementAPIsService: SubtypeConstructor<typeof grpc.Client, _org_pytorch_serve_grpc_management_ManagementAPIsServiceClient> & { service: _org_pytorch_serve_grpc_management_ManagementAPIsServiceDefinition }
            ManagementResponse: MessageTypeDefinition<_org_pytorch_serve_grpc_management_ManagementResponse, _org_pytorch_serve_grpc_management_ManagementResponse__Output>
            RegisterModelRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_management_RegisterModelRequest, _org_pytorch_serve_grpc_management_RegisterModelRequest__Output>
            ScaleWorkerRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_management_ScaleWorkerRequest, _org_pytorch_serve_grpc_management_ScaleWorkerRequest__Output>
            SetDefaultRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_management_SetDefaultRequest, _org_pytorch_serve_grpc_management_SetDefaultRequest__Output>
            UnregisterModelRequest: MessageTypeDefinition<_org_pytorch_serve_grpc_management_UnregisterModelRequest, _org_pytorch_serve_grpc_management_UnregisterModelRequest__Output>
          }
        }
      }
    }
  }
}

