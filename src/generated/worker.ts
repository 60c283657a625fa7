import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Answer as _torchbridge_worker_v1_Answer, Answer__Output as _torchbridge_worker_v1_Answer__Output } from './torchbridge/worker/v1/Answer.js';
import type { Batch as _torchbridge_worker_v1_Batch, Batch__Output as _torchbridge_worker_v1_Batch__Output } from './torchbridge/worker/v1/Batch.js';
import type { BatchResult as _torchbridge_worker_v1_BatchResult, BatchResult__Output as _torchbridge_worker_v1_BatchResult__Output } from './torchbridge/worker/v1/BatchResult.js';
import type { Batches as _torchbridge_worker_v1_Batches, Batches__Output as _torchbridge_worker_v1_Batches__Output } from './torchbridge/worker/v1/Batches.js';
import type { Cancel as _torchbridge_worker_v1_Cancel, Cancel__Output as _torchbridge_worker_v1_Cancel__Output } from './torchbridge/worker/v1/Cancel.js';
import type { Flow as _torchbridge_worker_v1_Flow, Flow__Output as _torchbridge_worker_v1_Flow__Output } from './torchbridge/worker/v1/Flow.js';
import type { FromWorker as _torchbridge_worker_v1_FromWorker, FromWorker__Output as _torchbridge_worker_v1_FromWorker__Output } from './torchbridge/worker/v1/FromWorker.js';
import type { Hello as _torchbridge_worker_v1_Hello, Hello__Output as _torchbridge_worker_v1_Hello__Output } from './torchbridge/worker/v1/Hello.js';
import type { Load as _torchbridge_worker_v1_Load, Load__Output as _torchbridge_worker_v1_Load__Output } from './torchbridge/worker/v1/Load.js';
import type { Loaded as _torchbridge_worker_v1_Loaded, Loaded__Output as _torchbridge_worker_v1_Loaded__Output } from './torchbridge/worker/v1/Loaded.js';
import type { Metric as _torchbridge_worker_v1_Metric, Metric__Output as _torchbridge_worker_v1_Metric__Output } from './torchbridge/worker/v1/Metric.js';
import type { MetricReport as _torchbridge_worker_v1_MetricReport, MetricReport__Output as _torchbridge_worker_v1_MetricReport__Output } from './torchbridge/worker/v1/MetricReport.js';
import type { Parameter as _torchbridge_worker_v1_Parameter, Parameter__Output as _torchbridge_worker_v1_Parameter__Output } from './torchbridge/worker/v1/Parameter.js';
import type { Piece as _torchbridge_worker_v1_Piece, Piece__Output as _torchbridge_worker_v1_Piece__Output } from './torchbridge/worker/v1/Piece.js';
import type { Placement as _torchbridge_worker_v1_Placement, Placement__Output as _torchbridge_worker_v1_Placement__Output } from './torchbridge/worker/v1/Placement.js';
import type { Request as _torchbridge_worker_v1_Request, Request__Output as _torchbridge_worker_v1_Request__Output } from './torchbridge/worker/v1/Request.js';
import type { SharedMemory as _torchbridge_worker_v1_SharedMemory, SharedMemory__Output as _torchbridge_worker_v1_SharedMemory__Output } from './torchbridge/worker/v1/SharedMemory.js';
import type { Shutdown as _torchbridge_worker_v1_Shutdown, Shutdown__Output as _torchbridge_worker_v1_Shutdown__Output } from './torchbridge/worker/v1/Shutdown.js';
import type { Stretch as _torchbridge_worker_v1_Stretch, Stretch__Output as _torchbridge_worker_v1_Stretch__Output } from './torchbridge/worker/v1/Stretch.js';
import type { ToWorker as _torchbridge_worker_v1_ToWorker, ToWorker__Output as _torchbridge_worker_v1_ToWorker__Output } from './torchbridge/worker/v1/ToWorker.js';
import type { TraceContext as _torchbridge_worker_v1_TraceContext, TraceContext__Output as _torchbridge_worker_v1_TraceContext__Output } from './torchbridge/worker/v1/TraceContext.js';
import type { Tune as _torchbridge_worker_v1_Tune, Tune__Output as _torchbridge_worker_v1_Tune__Output } from './torchbridge/worker/v1/Tune.js';
import type { WorkTimes as _torchbridge_worker_v1_WorkTimes, WorkTimes__Output as _torchbridge_worker_v1_WorkTimes__Output } from './torchbridge/worker/v1/WorkTimes.js';
import type { WorkerLinkClient as _torchbridge_worker_v1_WorkerLinkClient, WorkerLinkDefinition as _torchbridge_worker_v1_WorkerLinkDefinition } from './torchbridge/worker/v1/WorkerLink.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  torchbridge: {
    worker: {
      v1: {
        Answer: MessageTypeDefinition<_torchbridge_worker_v1_Answer, _torchbridge_worker_v1_Answer__Output>
        Batch: MessageTypeDefinition<_torchbridge_worker_v1_Batch, _torchbridge_worker_v1_Batch__Output>
        BatchResult: MessageTypeDefinition<_torchbridge_worker_v1_BatchResult, _torchbridge_worker_v1_BatchResult__Output>
        Batches: MessageTypeDefinition<_torchbridge_worker_v1_Batches, _torchbridge_worker_v1_Batches__Output>
        Cancel: MessageTypeDefinition<_torchbridge_worker_v1_Cancel, _torchbridge_worker_v1_Cancel__Output>
        Code: EnumTypeDefinition
        Flow: MessageTypeDefinition<_torchbridge_worker_v1_Flow, _torchbridge_worker_v1_Flow__Output>
        FromWorker: MessageTypeDefinition<_torchbridge_worker_v1_FromWorker, _torchbridge_worker_v1_FromWorker__Output>
        Hello: MessageTypeDefinition<_torchbridge_worker_v1_Hello, _torchbridge_worker_v1_Hello__Output>
        Load: MessageTypeDefinition<_torchbridge_worker_v1_Load, _torchbridge_worker_v1_Load__Output>
        Loaded: MessageTypeDefinition<_torchbridge_worker_v1_Loaded, _torchbridge_worker_v1_Loaded__Output>
        Metric: MessageTypeDefinition<_torchbridge_worker_v1_Metric, _torchbridge_worker_v1_Metric__Output>
        MetricReport: MessageTypeDefinition<_torchbridge_worker_v1_MetricReport, _torchbridge_worker_v1_MetricReport__Output>
        MetricType: EnumTypeDefinition
        Parameter: MessageTypeDefinition<_torchbridge_worker_v1_Parameter, _torchbridge_worker_v1_Parameter__Output>
        Piece: MessageTypeDefinition<_torchbridge_worker_v1_Piece, _torchbridge_worker_v1_Piece__Output>
        Placement: MessageTypeDefinition<_torchbridge_worker_v1_Placement, _torchbridge_worker_v1_Placement__Output>
        Request: MessageTypeDefinition<_torchbridge_worker_v1_Request, _torchbridge_worker_v1_Request__Output>
        SharedMemory: MessageTypeDefinition<_torchbridge_worker_v1_SharedMemory, _torchbridge_worker_v1_SharedMemory__Output>
        Shutdown: MessageTypeDefinition<_torchbridge_worker_v1_Shutdown, _torchbridge_worker_v1_Shutdown__Output>
        Stretch: MessageTypeDefinition<_torchbridge_worker_v1_Stretch, _torchbridge_worker_v1_Stretch__Output>
        ToWorker: MessageTypeDefinition<_torchbridge_worker_v1_ToWorker, _torchbridge_worker_v1_ToWorker__Output>
        TraceContext: MessageTypeDefinition<_torchbridge_worker_v1_TraceContext, _torchbridge_worker_v1_TraceContext__Output>
        Tune: MessageTypeDefinition<_torchbridge_worker_v1_Tune, _torchbridge_worker_v1_Tune__Output>
        WorkTimes: MessageTypeDefinition<_torchbridge_worker_v1_WorkTimes, _torchbridge_worker_v1_WorkTimes__Output>
        WorkerLink: SubtypeConstructor<typeof grpc.Client, _torchbridge_worker_v1_WorkerLinkClient> & { service: _torchbridge_worker_v1_WorkerLinkDefinition }
      }
    }
  }
}

