import { readFileSync, writeFileSync } from 'node:fs';

/** One part of a page: what stands between its `## heading` and the next. */
export class DocumentSection {
  readonly #page: string;
  readonly #heading: string;

  constructor(page: string, heading: string) {
    this.#page = page;
    this.#heading = `## ${heading}\n`;
  }

  /** Without the heading and the lines around it; empty where the page has no such part. */
  get text(): string {
    return this.#parts()[1].trim();
  }

  /** With WRITE_DOCS=1 in the environment puts `text` in its place. */
  writeIfAsked(text: string): void {
    if (process.env['WRITE_DOCS'] !== '1') return;
    const [before, , after] = this.#parts();
    writeFileSync(this.#page, `${before.trimEnd()}\n\n${this.#heading}\n${text}\n${after && `\n${after}`}`);
  }

  #parts(): [before: string, text: string, after: string] {
    const page = readFileSync(this.#page, 'utf8');
    const start = page.indexOf(this.#heading);
    if (start < 0) return [page, '', ''];
    const rest = page.slice(start + this.#heading.length);
    const end = rest.search(/^## /m);
    return [page.slice(0, start), end < 0 ? rest : rest.slice(0, end), end < 0 ? '' : rest.slice(end)];
  }
}
