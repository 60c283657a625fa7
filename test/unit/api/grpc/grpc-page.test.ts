import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { inferenceApi, kserveApi, managementApi, openInferenceApi } from '../../../../src/api/grpc/definitions.js';
import { codeOfHttpStatus } from '../../../../src/api/grpc/grpc-error.js';
import { projectRoot } from '../../../support/release.js';

const page = readFileSync(join(projectRoot, 'docs/grpc-api.md'), 'utf8');

test('docs/grpc-api.md lists every method', () => {
  const { InferenceAPIsService } = inferenceApi.types.org.pytorch.serve.grpc.inference;
  const { ManagementAPIsService } = managementApi.types.org.pytorch.serve.grpc.management;
  const open = [openInferenceApi.types.org.pytorch.serve.grpc.openinference, kserveApi.types.inference];
  const rows = (server: string, { service }: { service: object }) =>
    Object.values(service as Record<string, MethodDefinition<object, object>>).map(
      ({ path, requestStream, responseStream }) => {
        const kind = requestStream ? 'two-way stream' : responseStream ? 'server stream' : 'unary';
        return `| ${server} | \`${path.slice(1)}\` | ${kind} |`;
      },
    );
  const wanted = [
    ...rows('inference', InferenceAPIsService),
    ...open.flatMap(({ GRPCInferenceService }) => rows('inference', GRPCInferenceService)),
    ...rows('management', ManagementAPIsService),
  ];
  expect(page.split('\n').filter((line) => /^\| (inference|management) \| /.test(line))).toEqual(wanted);
});

test('docs/grpc-api.md tells which status becomes which', () => {
  const rows = [...page.matchAll(/^\| (\d{3}|other [45]xx|any other) \| ([A-Z_]+) \|$/gm)];
  expect(rows.length).toBe(17);
  const example: Record<string, number> = { 'other 4xx': 418, 'other 5xx': 599, 'any other': 302 };
  for (const [, http = '', grpc] of rows)
    expect(status[codeOfHttpStatus(example[http] ?? Number(http))], http).toBe(grpc);
});
