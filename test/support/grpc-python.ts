import { join } from 'node:path';
import { runCommand } from './command.js';
import { pythonWith } from './python-with.js';
import { projectRoot } from './release.js';
import type { ServerPlace } from './server.js';

/** A Python with protoc and grpcio, or null: the test tools', or the one that TORCHBRIDGE_GRPC_PYTHON names. */
export function pythonWithProtoc(): string | null {
  return pythonWith('grpc_tools, google.rpc.status_pb2', [process.env['TORCHBRIDGE_GRPC_PYTHON']]);
}

/** Runs a client whose stubs are made from the protos of a folder; answers what it saw. */
// biome-ignore lint/suspicious/noExplicitAny: what the script prints
export async function generatedClient(python: string, protos: string, place: ServerPlace, url: string): Promise<any> {
  const script = join(projectRoot, 'test/fixtures/grpc_client.py');
  const words = [python, script, protos, place.grpcInference, place.grpcManagement, url];
  const { status, stdout, stderr } = await runCommand(words, { cwd: place.folder });
  if (status !== 0) throw new Error(`the client ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** What such a client sees of ours, whichever files it was made from. */
export const seenByClient = {
  ping: '{\n  "status": "Healthy"\n}',
  register: 'Model "client" Version: 1.0 registered with 1 initial workers',
  list: { models: [{ modelName: 'client', modelUrl: 'probe.mar' }] },
  describe: ['client'],
  predict: {
    types: { do: 'bytearray', data: 'bytearray' },
    values: { do: 'report', data: '\u0000ÿ' },
    headers: { do: { 'content-type': '' }, data: { 'content-type': '' } },
  },
  stream: ['piece 0 ', 'piece 1 ', 'piece 2 '],
  unpacks: [true, true],
  unknown: ['NOT_FOUND', 'Model not found: nope\norg.pytorch.serve.archive.model.ModelNotFoundException'],
  infer: { name: 'x', datatype: 'FP32', shape: ['2'], contents: { fp32_contents: [0.5, -2] } },
  live: true,
  scale: 'Workers scaled to 2 for model: client',
  default: 'Default version successfully updated for model "client" to "1.0"',
  unregister: 'Model "client" unregistered',
};
