/** How much of a failed answer is kept. */
const keptBytes = 400;

/**
 * Reads one HTTP/1.1 answer as its bytes come. It keeps counts and not bodies, and does only what a load generator needs:
 * a client library costs several times as much CPU a request, which the server on the same machine would be missing.
 */
export class HttpAnswer {
  status = 0;
  firstByte = Number.NaN;
  pieces = 0;
  bytes = 0;
  /** Whether the server closes the connection afterwards. */
  closes = false;
  /** Begin of the body where the status is not 200. */
  text = '';
  #state: 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close' | 'complete' = 'head';
  #line = '';
  #left = 0;

  /** Whether the answer is over; one that ends with the connection never is. */
  get complete(): boolean {
    return this.#state === 'complete';
  }

  /** Whether the end of the connection is the end of the answer. */
  get endsWithConnection(): boolean {
    return this.#state === 'until-close';
  }

  /** @throws Error where the bytes are no answer. */
  feed(data: Buffer): void {
    let at = 0;
    while (at < data.length && this.#state !== 'complete') {
      if (this.#state === 'length' || this.#state === 'chunk' || this.#state === 'until-close')
        at = this.#body(data, at);
      else at = this.#lineOf(data, at);
    }
  }

  #body(data: Buffer, from: number): number {
    const to = this.#state === 'until-close' ? data.length : Math.min(data.length, from + this.#left);
    if (Number.isNaN(this.firstByte)) this.firstByte = performance.now();
    if (this.status !== 200 && this.text.length < keptBytes)
      this.text += data.toString('utf8', from, to).slice(0, keptBytes);
    this.bytes += to - from;
    if (this.#state === 'until-close') return to;
    this.#left -= to - from;
    if (this.#left === 0) {
      if (this.#state === 'length') this.#state = 'complete';
      else this.#state = 'chunk-end';
    }
    return to;
  }

  /** The head as a whole, or a line of the chunked form. */
  #lineOf(data: Buffer, from: number): number {
    const wanted = this.#state === 'head' ? '\r\n\r\n' : '\r\n';
    const before = this.#line.length;
    if (before === 0) {
      const end = data.indexOf(wanted, from, 'latin1');
      if (end >= 0) {
        this.#take(data.toString('latin1', from, end));
        return end + wanted.length;
      }
    }
    this.#line += data.toString('latin1', from);
    // The end may have begun in the bytes before.
    const end = this.#line.indexOf(wanted, Math.max(0, before - wanted.length));
    if (end < 0) {
      if (this.#line.length > 1 << 20) throw new Error('an answer whose head does not end');
      return data.length;
    }
    const line = this.#line.slice(0, end);
    this.#line = '';
    this.#take(line);
    return from + end + wanted.length - before;
  }

  #take(line: string): void {
    if (this.#state === 'head') this.#head(line);
    else if (this.#state === 'chunk-size') this.#chunkSize(line);
    else if (this.#state === 'chunk-end') this.#state = 'chunk-size';
    else if (line === '') this.#state = 'complete';
  }

  #head(head: string): void {
    if (!/^HTTP\/1\.[01] \d{3}/.test(head)) throw new Error(`no HTTP answer: ${head.slice(0, 60)}`);
    this.status = Number(head.slice(9, 12));
    // 100 Continue and its like go before the answer proper.
    if (this.status < 200) return;
    this.closes = /\r\nconnection: *close/i.test(head) || head.startsWith('HTTP/1.0');
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#state = 'chunk-size';
    else if (length !== undefined) {
      this.#left = Number(length);
      this.pieces = this.#left > 0 ? 1 : 0;
      this.#state = this.#left > 0 ? 'length' : 'complete';
    } else if (this.status === 204 || this.status === 304) this.#state = 'complete';
    else this.#state = 'until-close';
  }

  #chunkSize(line: string): void {
    const size = Number.parseInt(line, 16);
    if (Number.isNaN(size)) throw new Error(`no size of a chunk: ${line.slice(0, 60)}`);
    this.#left = size;
    if (size > 0) this.pieces += 1;
    this.#state = size > 0 ? 'chunk' : 'trailer';
  }
}
