// Original file: worker.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { FromWorker as _torchbridge_worker_v1_FromWorker, FromWorker__Output as _torchbridge_worker_v1_FromWorker__Output } from '../../../torchbridge/worker/v1/FromWorker.js';
import type { ToWorker as _torchbridge_worker_v1_ToWorker, ToWorker__Output as _torchbridge_worker_v1_ToWorker__Output } from '../../../torchbridge/worker/v1/ToWorker.js';

export interface WorkerLinkClient extends grpc.Client {
  Attach(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_torchbridge_worker_v1_FromWorker, _torchbridge_worker_v1_ToWorker__Output>;
  Attach(options?: grpc.CallOptions): grpc.ClientDuplexStream<_torchbridge_worker_v1_FromWorker, _torchbridge_worker_v1_ToWorker__Output>;
  attach(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_torchbridge_worker_v1_FromWorker, _torchbridge_worker_v1_ToWorker__Output>;
  attach(options?: grpc.CallOptions): grpc.ClientDuplexStream<_torchbridge_worker_v1_FromWorker, _torchbridge_worker_v1_ToWorker__Output>;
  
}

export interface WorkerLinkHandlers extends grpc.UntypedServiceImplementation {
  Attach: grpc.handleBidiStreamingCall<_torchbridge_worker_v1_FromWorker__Output, _torchbridge_worker_v1_ToWorker>;
  
}

export interface WorkerLinkDefinition extends grpc.ServiceDefinition {
  Attach: MethodDefinition<_torchbridge_worker_v1_FromWorker, _torchbridge_worker_v1_ToWorker, _torchbridge_worker_v1_FromWorker__Output, _torchbridge_worker_v1_ToWorker__Output>
}
