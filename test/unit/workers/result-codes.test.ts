import { describe, expect, it } from 'vitest';
import { Code } from '../../../src/generated/torchbridge/worker/v1/Code.js';
import { failureOf } from '../../../src/workers/result-codes.js';

const result = { batchId: 1, code: Code.OK, status: 0, message: '', answers: [], elapsedUs: 0 };

describe('what a client is told', () => {
  it.each([
    [Code.PREDICTION_FAILED, 503, 'Prediction failed'],
    [Code.INVALID_OUTPUT, 503, 'Invalid model predict output'],
    [Code.BATCH_MISMATCH, 503, 'number of batch response mismatched'],
    [Code.UNSUPPORTED_OUTPUT, 503, 'Unsupported model output data type.'],
    [Code.OUT_OF_RESOURCES, 507, 'Out of resources'],
  ])('of code %i is %i %s', (code, status, message) => {
    expect(failureOf({ ...result, code }, 1)?.()).toMatchObject({ status, message, type: 'InternalServerException' });
  });

  it.each([
    [513, 513],
    [413, 507],
    [404, 404],
  ])('of a PredictionException with %i is %i', (status, shown) => {
    const failure = failureOf({ ...result, code: Code.HANDLER_STATUS, status, message: 'no' }, 1);
    expect(failure?.()).toMatchObject({ status: shown, message: 'no' });
  });

  it('is nothing where the batch succeeded', () => {
    expect(failureOf(result, 0)).toBeNull();
  });
});
