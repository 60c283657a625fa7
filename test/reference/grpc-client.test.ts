import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packArchive } from '../support/archive.js';
import { generatedClient, pythonWithProtoc, seenByClient } from '../support/grpc-python.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const client = pythonWithProtoc();
const reference = process.env['TORCHBRIDGE_REFERENCE_PYTHON'];
const files = ['inference.proto', 'management.proto', 'open_inference_grpc.proto'];

/** Puts the protos of an installed TorchServe into a folder; they lie in its Java archive. */
function protosOf(python: string, folder: string): string {
  const where = 'import importlib.util, os; print(os.path.dirname(importlib.util.find_spec("ts").origin))';
  const jar = join(execFileSync(python, ['-c', where], { encoding: 'utf8' }).trim(), 'frontend/model-server.jar');
  const read = 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))';
  const protos = join(folder, 'reference-protos');
  mkdirSync(protos);
  for (const file of files) writeFileSync(join(protos, file), execFileSync(python, ['-c', read, jar, `proto/${file}`]));
  return protos;
}

/** Every message and method of some proto files as sorted lines: names, numbers, types and labels. */
function shapeOf(python: string, protos: string, folder: string): string[] {
  const script = `
import importlib.resources as r, sys
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
well_known = str(r.files("grpc_tools") / "_proto"); googleapis = str(r.files("google.rpc") / ".." / "..")
out = sys.argv[2]
assert protoc.main(["protoc", "-I" + sys.argv[1], "-I" + googleapis, "-I" + well_known, "--descriptor_set_out=" + out, *sys.argv[3:]]) == 0
files = descriptor_pb2.FileDescriptorSet.FromString(open(out, "rb").read()).file
def messages(prefix, found):
    for message in found:
        name = prefix + "." + message.name
        for field in message.field:
            print(name, field.name, field.number, field.type, field.label, field.type_name)
        messages(name, message.nested_type)
for file in files:
    messages(file.package, file.message_type)
    for service in file.service:
        for method in service.method:
            print(file.package, service.name, method.name, method.input_type, method.output_type, method.client_streaming, method.server_streaming)
`;
  const done = spawnSync(python, ['-c', script, protos, join(folder, 'set.bin'), ...files], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  return done.stdout.trim().split('\n').sort();
}

const ready = client !== null && reference !== undefined && existsSync(reference);

describe.skipIf(!ready)('the protos of TorchServe 0.12.0 (need grpcio-tools and the environment "reference")', () => {
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

  it('make a client that works with ours, and say of messages and methods what ours say', async () => {
    const protos = protosOf(reference ?? '', place.folder);
    expect(await generatedClient(client ?? '', protos, place, 'probe.mar')).toMatchObject(seenByClient);
    const theirs = shapeOf(client ?? '', protos, place.folder);
    expect(theirs.length).toBeGreaterThan(80);
    expect(shapeOf(client ?? '', join(projectRoot, 'proto'), place.folder)).toEqual(theirs);
  });
});
