import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { StartupError } from '../../errors/startup-error.js';

/** The keys of the configuration that say how gRPC connections are encrypted. */
export interface GrpcTlsSettings {
  readonly enableGrpcSsl: boolean;
  readonly privateKeyFile: string | null;
  readonly certificateFile: string | null;
}

/** @throws StartupError saying what is missing or wrong. */
export async function grpcCredentials({
  enableGrpcSsl,
  privateKeyFile,
  certificateFile,
}: GrpcTlsSettings): Promise<ServerCredentials> {
  if (!enableGrpcSsl) return ServerCredentials.createInsecure();
  const key = await read('private_key_file', privateKeyFile);
  const cert = await read('certificate_file', certificateFile);
  try {
    createSecureContext({ key, cert });
  } catch (error) {
    throw new StartupError(
      `Cannot use ${privateKeyFile} and ${certificateFile} for gRPC: ${(error as Error).message}; a PEM key without a passphrase and the certificate chain that belongs to it are needed.`,
    );
  }
  return ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }]);
}

async function read(key: string, file: string | null): Promise<Buffer> {
  if (file === null)
    throw new StartupError(`enable_grpc_ssl needs private_key_file and certificate_file; ${key} is not set.`);
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartupError(`Cannot read ${key}=${file}: ${(error as Error).message}.`);
  }
}
