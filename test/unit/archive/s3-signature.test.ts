import { describe, expect, it } from 'vitest';
import { credentialsFrom, signedHeaders } from '../../../src/archive/s3-signature.js';

/** Credentials, time and signatures of the examples in Amazon's documentation of Signature Version 4. */
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const time = new Date('2013-05-24T00:00:00Z');

describe('the signature of a GET', () => {
  it.each([
    [
      'https://examplebucket.s3.amazonaws.com/?lifecycle',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('of %s is that of the documentation', (url, signature) => {
    const headers = signedHeaders(new URL(url), credentials, time);
    expect(headers['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    );
    expect(headers).toMatchObject({
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    });
  });

  it('covers the token of temporary credentials', () => {
    const headers = signedHeaders(
      new URL('https://b.s3.amazonaws.com/a b/m.mar'),
      { ...credentials, sessionToken: 't' },
      time,
    );
    expect(headers['x-amz-security-token']).toBe('t');
    expect(headers['authorization']).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token',
    );
  });

  it('is the same however the path is encoded', () => {
    const signature = (url: string) => signedHeaders(new URL(url), credentials, time)['authorization'];
    expect(signature('https://b.s3.amazonaws.com/a b/m(1).mar')).toBe(
      signature('https://b.s3.amazonaws.com/a%20b/m%281%29.mar'),
    );
  });
});

describe('the credentials', () => {
  it('come from the environment', () => {
    const env = { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_DEFAULT_REGION: 'eu-west-1' };
    expect(credentialsFrom(env)).toEqual({ accessKeyId: 'k', secretAccessKey: 's', region: 'eu-west-1' });
    expect(credentialsFrom({ ...env, AWS_SESSION_TOKEN: 't' }).sessionToken).toBe('t');
  });

  it('that are missing are named', () => {
    expect(() => credentialsFrom({ AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: '' })).toThrow(
      expect.objectContaining({
        status: 400,
        message:
          'Miss environment variables AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, with which s3_sse_kms=true signs the download',
      }),
    );
  });
});
