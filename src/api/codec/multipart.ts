import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { Parameter } from '../../batching/inference.js';
import { ServingError } from '../../errors/serving-error.js';

/** Far above what any client sends, and low enough that a hostile one cannot make the parser keep much. */
const LIMITS = { fieldNameSize: 65_536, headerPairs: 200, headerSize: 65_536 };

/**
 * Reads a `multipart/form-data` body. A part with a file name keeps its media type (without parameters), one without has none.
 * A part that the body ends in the middle of is left out.
 * @param contentType the header, with its boundary
 * @throws ServingError badRequest for a part without a name, or a body that is no multipart.
 */
export function readMultipart(contentType: string, body: Uint8Array): Promise<Parameter[]> {
  return new Promise((resolve, reject) => {
    const complete: (Parameter | null)[] = [];
    let failure: ServingError | null = null;
    const parser = new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits: LIMITS,
      // Every part comes as bytes: a plain field may hold bytes that are no text.
      isPartAFile: () => true,
    });
    parser.on('file', (name, stream, fileName: string | undefined, _encoding, mediaType) => {
      const slot = complete.push(null) - 1;
      const pieces: Buffer[] = [];
      if (typeof name !== 'string' || name === '') {
        failure = new ServingError(
          'badRequest',
          'A part of the multipart body has no name in its Content-Disposition.',
        );
      }
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const value = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
        complete[slot] = { name, contentType: fileName === undefined ? '' : mediaType, value };
      });
      stream.on('error', () => {});
    });
    const settle = () => {
      if (failure !== null) {
        reject(failure);
      } else {
        resolve(complete.filter((parameter) => parameter !== null));
      }
    };
    parser.on('finish', settle);
    parser.on('error', (error: Error) => {
      if (/unexpected end/i.test(error.message)) {
        settle();
      } else {
        reject(new ServingError('badRequest', `The multipart body cannot be read: ${error.message}.`));
      }
    });
    parser.end(body);
  });
}
