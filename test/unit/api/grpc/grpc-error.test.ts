import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { codeOfHttpStatus, failureOf } from '../../../../src/api/grpc/grpc-error.js';
import { ServingError } from '../../../../src/errors/serving-error.js';
import { errorTable } from '../../../../src/errors/table.js';

describe('the statuses that handlers choose', () => {
  it.each([
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [409, 'ABORTED'],
    [413, 'RESOURCE_EXHAUSTED'],
    [418, 'FAILED_PRECONDITION'],
    [416, 'OUT_OF_RANGE'],
    [429, 'RESOURCE_EXHAUSTED'],
    [499, 'CANCELLED'],
    [501, 'UNIMPLEMENTED'],
    [502, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
    [302, 'UNKNOWN'],
    [200, 'UNKNOWN'],
    [1000, 'UNKNOWN'],
  ] as const)('%i is %s', (http, grpc) => {
    expect(codeOfHttpStatus(http)).toBe(status[grpc]);
  });
});

describe('errors of the server', () => {
  it.each(Object.entries(errorTable))('%s has the status of the table', (kind, { grpc, status: http }) => {
    const failure = failureOf(new ServingError(kind as keyof typeof errorTable, 'what happened'), 'management');
    expect(failure.code).toBe(status[grpc]);
    expect(failure.details).toMatch(/^what happened\n[A-Za-z.]+(\.\(\))?$/);
    expect(failure.metadata?.get('ts-status')).toEqual([String(http)]);
  });

  it('names a bad request as TorchServe does, differently at its two doors', () => {
    const error = new ServingError('badRequest', 'x');
    expect(failureOf(error, 'inference').details).toBe('x\nBadRequestException.()');
    expect(failureOf(error, 'management').details).toBe('x\norg.pytorch.serve.http.BadRequestException');
  });

  it.each([
    ['too long', `Model not found: ${'m'.repeat(100_000)}`],
    ['too long once it is encoded', 'ä'.repeat(4000)],
    ['half of a character', 'entry \ud83d'],
  ])('can be sent with a text that is %s', (_, message) => {
    const { details } = failureOf(new ServingError('badRequest', message), 'inference');
    expect(encodeURI(details).length).toBeLessThan(4200);
    expect(details).toMatch(/\nBadRequestException\.\(\)$/);
    expect(details.slice(0, 6)).toBe(message.slice(0, 6));
  });
});
