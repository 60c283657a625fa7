import { createHash, createHmac } from 'node:crypto';
import { ServingError } from '../errors/serving-error.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** Present with temporary credentials. */
  readonly sessionToken?: string;
}

/** SHA-256 of an empty body, which every GET has. */
const emptyHash = createHash('sha256').update('').digest('hex');

/**
 * The credentials with which `s3_sse_kms` signs.
 * @throws {ServingError} badRequest naming the variables that are missing.
 */
export function credentialsFrom(env: NodeJS.ProcessEnv): AwsCredentials {
  const missing = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_DEFAULT_REGION'].filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new ServingError(
      'badRequest',
      `Miss environment variables ${missing.join(', ')}, with which s3_sse_kms=true signs the download`,
    );
  }
  return {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    region: env['AWS_DEFAULT_REGION'] ?? '',
    ...(env['AWS_SESSION_TOKEN'] ? { sessionToken: env['AWS_SESSION_TOKEN'] } : {}),
  };
}

/**
 * The headers that sign a GET of an S3 object with AWS Signature Version 4.
 * @param now - The time of signing; S3 takes a signature for 15 minutes.
 */
export function signedHeaders(url: URL, credentials: AwsCredentials, now: Date): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${credentials.region}/s3/aws4_request`;
  const signed: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': emptyHash,
    'x-amz-date': time,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(signed).join(';');
  const canonical = [
    'GET',
    url.pathname.split('/').map(encoded).join('/'),
    canonicalQuery(url),
    ...Object.entries(signed).map(([name, value]) => `${name}:${value}`),
    '',
    names,
    emptyHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  const { host: _host, ...headers } = signed;
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponentStrictly(name)}=${encodeURIComponentStrictly(value)}`)
    .sort()
    .join('&');
}

/** A part of a path, encoded once whether or not it was. */
function encoded(part: string): string {
  return encodeURIComponentStrictly(decodeURIComponent(part));
}

/** As AWS encodes: everything but letters, digits and `-._~`. */
function encodeURIComponentStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
