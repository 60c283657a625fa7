#!/usr/bin/env node
// Builds what both sides need of the .proto files: TypeScript types for the frontend, and descriptor sets that the
// Python side loads at run time, so that its message classes work with every protobuf release from 4 on.
//   node proto/generate.mjs          writes them
//   node proto/generate.mjs --check  exits 1 where they are not what the .proto files say
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const protobuf = require('protobufjs');
require('protobufjs/ext/descriptor');

const root = join(import.meta.dirname, '..');
const types = join(root, 'src/generated');
const descriptor = join(root, 'python_backend/ts_worker/worker_descriptor.bin');

function pythonDescriptor() {
  const source = new protobuf.Root().loadSync(join(root, 'proto/worker.proto'), { keepCase: true }).resolveAll();
  const set = source.toDescriptor('proto3');
  for (const file of set.file) {
    for (const field of file.messageType.flatMap((message) => message.field)) {
      // protobufjs writes bare names, which not every descriptor pool resolves.
      if (field.typeName && !field.typeName.startsWith('.')) field.typeName = `.${file.package}.${field.typeName}`;
    }
  }
  const { FileDescriptorSet } = require('protobufjs/ext/descriptor');
  return Buffer.from(FileDescriptorSet.encode(set).finish());
}

/** Numbers of 64 bits are tensor elements in these, and must not lose digits. */
const exact = ['open_inference_grpc.proto', 'kserve_inference.proto'];
const others = ['worker.proto', 'inference.proto', 'management.proto', 'error_info.proto'];

function writeTypes(folder) {
  typesOf(others, 'Number', folder);
  typesOf(exact, 'String', folder);
}

function typesOf(files, longs, folder) {
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js'),
      `--longs=${longs}`,
      '--enums=Number',
      '--oneofs',
      '--defaults',
      '--arrays',
      '--importFileExtension=.js',
      '--targetFileExtension=.ts',
      '--grpcLib=@grpc/grpc-js',
      '--inputTemplate=%s',
      '--outputTemplate=%s__Output',
      `--outDir=${folder}`,
      ...files,
    ],
    { cwd: join(root, 'proto'), stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

function read(folder) {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [
        join(entry.parentPath, entry.name).slice(folder.length),
        readFileSync(join(entry.parentPath, entry.name), 'utf8'),
      ])
      .sort(),
  );
}

if (process.argv.includes('--check')) {
  const fresh = mkdtempSync(join(tmpdir(), 'torchbridge-types-'));
  try {
    writeTypes(fresh);
    if (
      JSON.stringify(read(fresh)) !== JSON.stringify(read(types)) ||
      !pythonDescriptor().equals(readFileSync(descriptor))
    ) {
      console.error('src/generated or worker_descriptor.bin is older than proto/: run `npm run generate`');
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
} else {
  rmSync(types, { recursive: true, force: true });
  mkdirSync(types, { recursive: true });
  writeTypes(types);
  writeFileSync(descriptor, pythonDescriptor());
}
