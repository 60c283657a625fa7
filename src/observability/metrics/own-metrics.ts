import type { FamilyDefinition } from './family.js';

/**
 * The metrics that TorchServe does not have; docs/metrics.md is held to this table by a test. They exist in prometheus
 * mode. Times are in seconds and sizes in bytes, as Prometheus advises.
 */

const version = ['model_name', 'model_version'];
/** From half a millisecond to a minute: handlers are quicker, and slower, than what the usual buckets tell apart. */
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const ownMetrics = {
  info: {
    name: 'torchbridge_info',
    type: 'gauge',
    dimensions: ['version'],
    help: '1, with the version of this server.',
  },
  queueDepth: {
    name: 'torchbridge_queue_depth',
    type: 'gauge',
    dimensions: version,
    help: 'Requests that wait for a worker.',
  },
  queueRoom: {
    name: 'torchbridge_queue_room',
    type: 'gauge',
    dimensions: version,
    help: 'Requests that could still wait before the next is refused.',
  },
  requestSeconds: {
    name: 'torchbridge_request_seconds',
    type: 'histogram',
    dimensions: version,
    help: 'From the admission of a request to its answer.',
    buckets: seconds,
  },
  requestsFailed: {
    name: 'torchbridge_requests_failed_total',
    type: 'counter',
    dimensions: [...version, 'kind'],
    help: 'Requests that were answered with an error, by its name in docs/errors.md; timedOut also where the caller left.',
  },
  batchSize: {
    name: 'torchbridge_batch_size',
    type: 'histogram',
    dimensions: version,
    help: 'Requests in a batch.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  },
  batchWaitSeconds: {
    name: 'torchbridge_batch_wait_seconds',
    type: 'histogram',
    dimensions: version,
    help: 'From the arrival of the first request of a batch to the moment in which a worker took it.',
    buckets: seconds,
  },
  handlerSeconds: {
    name: 'torchbridge_handler_seconds',
    type: 'histogram',
    dimensions: version,
    help: 'Time of a batch in the worker, decoding and encoding included.',
    buckets: seconds,
  },
  workers: {
    name: 'torchbridge_workers',
    type: 'gauge',
    dimensions: [...version, 'state'],
    help: 'Workers by the state they are in.',
  },
  workersWanted: {
    name: 'torchbridge_workers_wanted',
    type: 'gauge',
    dimensions: version,
    help: 'The least workers that there should be.',
  },
  workerMemory: {
    name: 'torchbridge_worker_memory_bytes',
    type: 'gauge',
    dimensions: [...version, 'worker'],
    help: 'Resident memory of a worker process.',
  },
  workerStarts: {
    name: 'torchbridge_worker_starts_total',
    type: 'counter',
    dimensions: version,
    help: 'Worker processes that came up and began to load their model.',
  },
  workerLoadSeconds: {
    name: 'torchbridge_worker_load_seconds',
    type: 'histogram',
    dimensions: version,
    help: 'From the order for a worker process to its model being loaded.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  },
  workerDeaths: {
    name: 'torchbridge_worker_deaths_total',
    type: 'counter',
    dimensions: [...version, 'reason'],
    help: 'Worker processes that ended unasked, by reason: exited, signal, killed, load_failed, startup_timeout, response_timeout, launch_failed, lost.',
  },
  autoscaleWanted: {
    name: 'torchbridge_autoscale_workers_wanted',
    type: 'gauge',
    dimensions: version,
    help: 'Workers that the load calls for, within minWorkers and maxWorkers; of versions that autoscaling is on for.',
  },
  autoscaleDecisions: {
    name: 'torchbridge_autoscale_decisions_total',
    type: 'counter',
    dimensions: [...version, 'direction', 'reason'],
    help: 'Changes of the number of workers by autoscaling: up or down, for queue_wait, queue_depth, utilization, demand, idle, makes_room.',
  },
  autoscaleLimited: {
    name: 'torchbridge_autoscale_limited_total',
    type: 'counter',
    dimensions: [...version, 'bound'],
    help: 'How often autoscaling began to want workers that there was no room for: total_workers, cores, memory, gpu_memory.',
  },
  sharedMemoryBytes: {
    name: 'torchbridge_shared_memory_bytes',
    type: 'gauge',
    dimensions: [],
    help: 'Shared memory that large request bodies take now (shared_memory_size bounds it).',
  },
  sharedMemoryRefusals: {
    name: 'torchbridge_shared_memory_refusals_total',
    type: 'counter',
    dimensions: [],
    help: 'Large request bodies that shared memory had no room for: they went to workers in messages.',
  },
  linkBytes: {
    name: 'torchbridge_link_bytes_total',
    type: 'counter',
    dimensions: ['direction'],
    help: 'Bytes of the messages between the server and its workers: to_worker, from_worker.',
  },
  nurseryForkSeconds: {
    name: 'torchbridge_nursery_fork_seconds',
    type: 'histogram',
    dimensions: [],
    help: 'Time in which a nursery forked a worker.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
  nurseryRefusals: {
    name: 'torchbridge_nursery_refusals_total',
    type: 'counter',
    dimensions: [],
    help: 'Workers that were started as fresh interpreters, since a nursery would not fork them.',
  },
  grpcCalls: {
    name: 'torchbridge_grpc_calls_total',
    type: 'counter',
    dimensions: ['method', 'code'],
    help: 'gRPC calls that have ended, by package.Service/Method (unknown: there is no such method) and the name of their status.',
  },
  eventLoop: {
    name: 'torchbridge_event_loop_utilization_ratio',
    type: 'gauge',
    dimensions: [],
    help: 'How busy the server process was since the last scrape, from 0 to 1; near 1 it is what limits.',
  },
  serverMemory: {
    name: 'torchbridge_server_memory_bytes',
    type: 'gauge',
    dimensions: [],
    help: 'Resident memory of the server process, without workers.',
  },
} as const satisfies Record<string, FamilyDefinition>;
