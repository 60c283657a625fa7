/**
 * The named loads of TorchServe's benchmark-ab.py, with the values that they were meant to have (there the options'
 * defaults win over them). They say how much load; the archive is named with `url`.
 */
export const testPlans: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  custom: {},
  soak: { requests: 100_000, concurrency: 10 },
  vgg11_1000r_10c: { requests: 1_000, concurrency: 10 },
  vgg11_10000r_100c: { requests: 10_000, concurrency: 100 },
  resnet152_batch: { requests: 1_000, concurrency: 10, batch_size: 4 },
  resnet152_batch_docker: { requests: 1_000, concurrency: 10, batch_size: 4 },
  bert_batch: { requests: 1_000, concurrency: 10, batch_size: 4 },
  workflow_nmt: { requests: 1_000, concurrency: 10 },
};
