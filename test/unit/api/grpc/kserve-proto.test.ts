import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../../support/release.js';

test('both package names of the Open Inference Protocol have the same services and messages', () => {
  const bodyOf = (name: string) => readFileSync(join(projectRoot, 'proto', name), 'utf8').split(/(?=^service )/m)[1];
  expect(bodyOf('kserve_inference.proto')).toContain('message ModelInferRequest');
  expect(bodyOf('kserve_inference.proto')).toBe(bodyOf('open_inference_grpc.proto'));
});
