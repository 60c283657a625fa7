/** The generator, a process of its own: takes a Load over IPC, tells how it goes and what came of it, and ends. */
import { readFileSync } from 'node:fs';
import { closedLoop } from './closed-loop.js';
import { GrpcChannel, GrpcSender } from './grpc-sender.js';
import { HttpSender } from './http-sender.js';
import type { Extent, Load, Sender } from './load.js';
import { openLoop } from './open-loop.js';
import { nobody, type Observer, Recorder } from './recorder.js';
import type { GeneratorMessage } from './run-load.js';

const tell = (message: GeneratorMessage) => process.send?.(message);

async function generate(load: Load): Promise<GeneratorMessage> {
  const body = readFileSync(load.bodyFile);
  const senders = load.protocol === 'grpc' ? grpcSenders(load, body) : httpSenders(load, body);
  const run = (extent: Extent, observer: Observer) =>
    load.rate === null
      ? closedLoop(senders, extent, observer)
      : openLoop(senders, extent, { rate: load.rate, timeoutSeconds: load.timeoutSeconds }, observer);
  if (load.warmup.requests || load.warmup.seconds) await run(load.warmup, nobody);
  tell({ kind: 'measuring' });
  const recorder = new Recorder((second) => tell({ kind: 'second', second }));
  await run(load, recorder);
  const result = recorder.result();
  for (const sender of senders) sender.close();
  return { kind: 'result', result };
}

function httpSenders(load: Load, body: Buffer): Sender[] {
  return Array.from({ length: load.connections }, () => new HttpSender(load, body));
}

function grpcSenders(load: Load, body: Buffer): Sender[] {
  const channels = Array.from({ length: load.channels ?? load.connections }, () => new GrpcChannel(load));
  return Array.from({ length: load.connections }, (_, index) => {
    return new GrpcSender(load, body, channels[index % channels.length] as GrpcChannel);
  });
}

// Whoever started it is gone: so is the reason for the load.
process.on('disconnect', () => process.exit(1));
process.once('message', (load: Load) => {
  generate(load).then((result) => process.send?.(result, () => process.exit(0)));
});
