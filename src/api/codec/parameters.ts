import { bytesOf, type Parameter, type StoredBytes } from '../../batching/inference.js';
import { ServingError } from '../../errors/serving-error.js';
import { readForm } from './form.js';
import { readMultipart } from './multipart.js';

/**
 * Turns a request body into what the handler finds in its data dict: the parts of a multipart body, the fields of a
 * form, or one parameter `body` with the whole of it.
 * @param contentType the request's Content-Type, or undefined
 * @throws ServingError badRequest for a form or multipart body that cannot be read.
 */
export function readParameters(
  contentType: string | undefined,
  body: Uint8Array | StoredBytes,
): readonly Parameter[] | Promise<readonly Parameter[]> {
  if (contentType === undefined) {
    return [{ name: 'body', contentType: '', value: body }];
  }
  const mediaType = mediaTypeOf(contentType);
  const known = mediaType.toLowerCase();
  if (known === 'application/x-www-form-urlencoded') {
    return readForm(bytesOf(body));
  }
  if (known === 'multipart/form-data') {
    const boundary = /;\s*boundary\s*=\s*("?)([^";]*)\1/i.exec(contentType)?.[2]?.trim();
    if (boundary === '') {
      throw new ServingError('badRequest', 'The boundary of the multipart body is empty.');
    }
    if (boundary !== undefined) {
      return readMultipart(boundary, bytesOf(body));
    }
  }
  return [{ name: 'body', contentType: mediaType, value: body }];
}

/** Whether the whole body of a request of this Content-Type is one value. */
export function isOneValue(contentType: string | undefined): boolean {
  const known = mediaTypeOf(contentType ?? '').toLowerCase();
  return known !== 'application/x-www-form-urlencoded' && known !== 'multipart/form-data';
}

/** A Content-Type without its parameters, in the client's spelling. */
export function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim();
}
