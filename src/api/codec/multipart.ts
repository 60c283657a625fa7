import { Dicer } from '@fastify/busboy';
import type { Parameter } from '../../batching/inference.js';
import { ServingError } from '../../errors/serving-error.js';

/** Far above what any client sends, and low enough that a hostile one cannot make the parser keep much. */
const LIMITS = { maxHeaderPairs: 100, maxHeaderSize: 65_536 };

/**
 * Reads a `multipart/form-data` body. A part with a file name keeps its media type (without parameters, in its spelling),
 * one without has none. A part in the middle of which the body ends is left out.
 * @throws ServingError badRequest for a part without a name.
 */
export function readMultipart(boundary: string, body: Uint8Array): Promise<Parameter[]> {
  return new Promise((resolve, reject) => {
    const slots: (Parameter | null)[] = [];
    let open = 1;
    let nameless = false;
    const settle = () => {
      open -= 1;
      if (open > 0) {
        return;
      }
      if (nameless) {
        reject(new ServingError('badRequest', 'A part of the multipart body has no name in its Content-Disposition.'));
      } else {
        resolve(slots.filter((parameter) => parameter !== null));
      }
    };
    const parser = new Dicer({ boundary, ...LIMITS });
    parser.on('part', (part) => {
      const slot = slots.push(null) - 1;
      const pieces: Buffer[] = [];
      let head: PartHead | null = null;
      let whole = true;
      open += 1;
      part.on('header', (header) => {
        head = partHead(header as PartHeader);
        nameless ||= head.name === '';
      });
      part.on('data', (piece) => pieces.push(piece as Buffer));
      part.on('error', () => {
        whole = false;
      });
      part.on('end', () => {
        if (whole && head !== null) {
          slots[slot] = { ...head, value: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces) };
        }
        settle();
      });
    });
    // An unexpected end: the parts before it are answered for, and the parser finishes as always.
    parser.on('error', () => {});
    parser.on('finish', settle);
    parser.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });
}

type PartHeader = Readonly<Record<string, readonly string[] | undefined>>;
type PartHead = Pick<Parameter, 'name' | 'contentType'>;

function partHead(header: PartHeader): PartHead {
  const disposition = dispositionOf(utf8(header['content-disposition']?.[0] ?? ''));
  const isFile = disposition.has('filename') || disposition.has('filename*');
  const type = utf8(header['content-type']?.[0] ?? 'application/octet-stream');
  return {
    name: disposition.get('name') ?? '',
    contentType: isFile ? (type.split(';', 1)[0] ?? '').trim() : '',
  };
}

/** The parameters of a Content-Disposition, quotes and backslashes taken off. */
function dispositionOf(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of text.matchAll(
    /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g,
  )) {
    parameters.set(name.toLowerCase(), quoted === undefined ? bare.trim() : quoted.replace(/\\(["\\])/g, '$1'));
  }
  return parameters;
}

/** The parser hands bytes of a header on as one character each. */
function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
