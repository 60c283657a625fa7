import { readFile } from 'node:fs/promises';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { StartupError } from '../../errors/startup-error.js';
import { jsonDocument } from '../codec/json-document.js';

/** Where the key and certificate of https listeners come from. A keystore goes before a pair of files. */
export interface TlsSettings {
  readonly keystore: string | null;
  readonly keystorePass: string;
  readonly keystoreType: string;
  readonly privateKeyFile: string | null;
  readonly certificateFile: string | null;
}

const JAVA_KEYSTORES = new Set(['feedfeed', 'cececece']);
const TLS_HANDSHAKE = 0x16;

/**
 * Reads and checks the key and certificate.
 * @throws StartupError saying what is missing or wrong, with the command that helps.
 */
export async function loadTls(settings: TlsSettings): Promise<SecureContextOptions> {
  const options: SecureContextOptions = { minVersion: 'TLSv1.2', ...(await keyMaterial(settings)) };
  try {
    createSecureContext(options);
  } catch (error) {
    const source = settings.keystore ?? `${settings.privateKeyFile} and ${settings.certificateFile}`;
    const why = (error as Error).message;
    const cure = /mac verify|invalid password/i.test(why)
      ? 'keystore_pass does not open it'
      : /unsupported/i.test(why)
        ? `it uses ciphers that are no longer supported: convert it with "openssl pkcs12 -legacy -in ${source} -nodes -out all.pem" and "openssl pkcs12 -export -in all.pem -out new.p12"`
        : `${why}; key and certificate have to belong together`;
    throw new StartupError(`Cannot use ${source} for https: ${cure}.`);
  }
  return options;
}

async function keyMaterial(settings: TlsSettings): Promise<SecureContextOptions> {
  const { keystore, privateKeyFile, certificateFile } = settings;
  if (keystore !== null) {
    const pfx = await read('keystore', keystore);
    const isJava = JAVA_KEYSTORES.has(pfx.subarray(0, 4).toString('hex'));
    if (isJava || settings.keystoreType.toUpperCase() !== 'PKCS12') {
      const kind = isJava ? 'Java' : settings.keystoreType;
      throw new StartupError(
        `The keystore ${keystore} is a ${kind} keystore, and only PKCS12 is read; convert it with "keytool -importkeystore -srckeystore ${keystore} -destkeystore ${keystore}.p12 -deststoretype PKCS12", then set keystore=${keystore}.p12 and keystore_type=PKCS12.`,
      );
    }
    return { pfx, passphrase: settings.keystorePass };
  }
  if (privateKeyFile === null || certificateFile === null) {
    throw new StartupError(
      'An https address needs a certificate: set private_key_file and certificate_file, or keystore; "openssl req -x509 -nodes -newkey rsa:2048 -keyout key.pem -out cert.pem -days 365 -subj /CN=localhost" makes one for trying out.',
    );
  }
  return { key: await read('private_key_file', privateKeyFile), cert: await read('certificate_file', certificateFile) };
}

async function read(key: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new StartupError(`Cannot read ${key}=${file}: ${(error as Error).message}.`);
  }
}

/** Answers plain HTTP on an https listener in words, in place of a failed handshake. */
export function explainPlainHttp(server: SecureServer): void {
  const handshakes = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const ignore = () => {};
    socket.on('error', ignore);
    socket.setTimeout(60_000, () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.off('error', ignore);
      if (first[0] === TLS_HANDSHAKE) {
        socket.unshift(first);
        for (const handshake of handshakes) {
          handshake.call(server, socket);
        }
        return;
      }
      socket.on('error', ignore);
      refusePlainHttp(socket);
    });
  });
}

function refusePlainHttp(socket: Socket): void {
  const body = jsonDocument({ status: 'This TorchServe instance only accepts HTTPS requests' });
  socket.resume();
  socket.setTimeout(2_000, () => socket.destroy());
  socket.end(
    `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
