import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Contest, Ledger, orderOf, packHandler, type Row, registerModel, withPlaces } from './contest.js';
import { runLoad, warmUp } from './load.js';
import { processorSeconds } from './processor-seconds.js';

const model = 'one';
const connections = [1, 32];
const warmupSeconds = 0.5;
const base = ['disable_token_authorization=true', 'enable_model_api=true'];
const exported = (collector: string) => [
  'otel_traces_exporter=otlp',
  `otel_exporter_otlp_endpoint=${collector}`,
  'otel_traces_sampler=parentbased_traceidratio',
];
const settings: { label: string; config: (collector: string) => string[] }[] = [
  { label: 'off', config: () => [] },
  { label: 'on', config: (collector) => [...exported(collector), 'otel_traces_sampler_arg=1'] },
  { label: 'on, one in a hundred', config: (collector) => [...exported(collector), 'otel_traces_sampler_arg=0.01'] },
];

/**
 * What tracing costs this server: a handler that answers "ok", one a batch, with it off, on, and on for few requests. The
 * callers send no context, so that the server decides what is kept. CPU time leaves the collector out, which takes what it
 * is sent and throws it away.
 */
export async function tracing({ releases, rounds, seconds, log }: Contest): Promise<Row[]> {
  const ledger = new Ledger();
  const ours = releases.slice(0, 1);
  const collector = await startCollector();
  const { port } = collector.address() as AddressInfo;
  try {
    await withPlaces(
      settings.flatMap(() => ours),
      async (places) => {
        const contestants = places.flatMap((place, index) => {
          const setting = settings[index];
          return setting ? [{ place, ...setting }] : [];
        });
        for (const { place, label, config } of contestants) {
          await packHandler(place, model, 'ok.py');
          log(`starting with tracing ${label}`);
          await place.start({ config: [...base, ...config(`http://127.0.0.1:${port}`)] });
          await registerModel(place, model);
          const url = `${place.inference}/predictions/${model}`;
          await warmUp({ url });
        }
        for (let round = 0; round < rounds; round += 1) {
          log(`round ${round + 1} of ${rounds}`);
          for (const count of connections) {
            for (const { place, label } of orderOf(round, contestants)) {
              const url = `${place.inference}/predictions/${model}`;
              const before = processorSeconds(place);
              const result = await runLoad({ url, connections: count, seconds, warmupSeconds, body: 'x' });
              const spent = processorSeconds(place) - before;
              const row = `tracing ${label}, ${count} connection${count === 1 ? '' : 's'}`;
              ledger.add(row, 'req/s', true, place.release, result.perSecond);
              ledger.add(`${row}, p50`, 'ms', false, place.release, result.p50);
              // The warm-up's cost too, at the same pace.
              const requests = result.perSecond * (result.seconds + warmupSeconds);
              ledger.add(`${row}, CPU a request`, 'ms', false, place.release, (spent * 1000) / requests);
            }
          }
        }
      },
    );
  } finally {
    collector.closeAllConnections();
    collector.close();
  }
  return ledger.rows();
}

async function startCollector(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
