import { credentials, type requestCallback, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { inferenceApi } from '../../../../src/api/grpc/definitions.js';
import { stateOf, tabulateStreams } from '../../../../src/api/grpc/session-streams.js';
import { StreamTable } from '../../../../src/api/grpc/stream-table.js';
import type { TorchServeHealthResponse__Output } from '../../../../src/generated/org/pytorch/serve/grpc/inference/TorchServeHealthResponse.js';

const { InferenceAPIsService } = inferenceApi.types.org.pytorch.serve.grpc.inference;

/** Where grpc-js takes a connection. */
interface Taking {
  _sessionHandler(listener: unknown): (session: object) => void;
}

it('this grpc-js and this Node let a server keep its streams in tables', async () => {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const taking = server as unknown as Taking;
  const handlerOf = taking._sessionHandler.bind(server);
  const sessions: object[] = [];
  taking._sessionHandler = (listener) => {
    const handle = handlerOf(listener);
    return (session) => {
      sessions.push(session);
      handle(session);
    };
  };
  tabulateStreams(server);
  server.addService(InferenceAPIsService.service, {
    Ping: (_call: unknown, respond: requestCallback<{ health: string }>) => {
      setTimeout(() => respond(null, { health: 'well' }), 5);
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new InferenceAPIsService(`127.0.0.1:${port}`, credentials.createInsecure());
  const ping = () =>
    new Promise<TorchServeHealthResponse__Output | undefined>((resolve, reject) => {
      client.ping({}, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  const answers = await Promise.all(Array.from({ length: 100 }, ping));
  expect(answers.map((answer) => answer?.health)).toEqual(Array(100).fill('well'));
  expect(sessions).toHaveLength(1);
  const streams = stateOf(sessions[0] as object)?.streams;
  expect(streams).toBeInstanceOf(StreamTable);
  // A server that waits for its calls finds none left.
  client.close();
  await new Promise<void>((resolve, reject) => {
    server.tryShutdown((error) => (error ? reject(error) : resolve()));
  });
  expect(streams?.size).toBe(0);
});
