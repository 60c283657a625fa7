import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packArchive } from '../support/archive.js';
import { generatedClient, pythonWithProtoc, seenByClient } from '../support/grpc-python.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const python = pythonWithProtoc();

describe.skipIf(python === null)(
  'a Python client generated from proto/ (needs grpcio-tools: the test environment)',
  () => {
    let place: ServerPlace;

    beforeAll(async () => {
      place = await ServerPlace.make();
      await packArchive(place.store, {
        name: 'probe',
        handler: join(projectRoot, 'test/fixtures/handlers/grpc_probe.py'),
      });
      await place.start({
        config: ['disable_token_authorization=true', 'enable_model_api=true', 'ts_open_inference_protocol=true'],
      });
    });
    afterAll(async () => {
      await place?.close();
    });

    it('sees what it should of every method', async () => {
      const seen = await generatedClient(python ?? '', join(projectRoot, 'proto'), place, 'probe.mar');
      expect(seen).toMatchObject(seenByClient);
      expect(seen.trailers).toEqual([
        'the body',
        expect.objectContaining({ 'ts-status': '418', 'x-answer': 'forty two' }),
      ]);
      expect(seen.two_way).toHaveLength(3);
      expect(seen.two_way).toContainEqual([3, 'Parameter sequenceId is required.']);
      expect(seen.two_way).toContainEqual([5, 'gone']);
      expect(seen.two_way).toContainEqual({ do: 'bytearray', data: 'bytearray' });
      expect(seen.late[0]).toBe('DEADLINE_EXCEEDED');
    });
  },
);
