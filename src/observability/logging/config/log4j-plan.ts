import { resolve } from 'node:path';
import { BARE_PATTERN, patternLayout } from '../layout.js';
import type { AppenderPlan, AppenderRef, LayoutPlan, LoggerPlan, LoggingPlan, RotationPlan } from '../plan.js';
import { stricter, type Threshold, thresholdOf } from '../record.js';
import type { Element } from './element.js';
import { substitute } from './substitution.js';

/** Where a file's relative names count from, and what its `${env:…}` mean. */
export interface PlanPlace {
  readonly workingFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Elements that say nothing about what is written, and so need no remark. */
const SILENT = new Set(['properties', 'appenders', 'loggers', 'property', 'patternlayout', 'pattern', 'policies']);

/** Turns a log4j2 configuration into a plan, as far as levels, files, patterns and rotation go. */
export class Log4jPlan {
  readonly #place: PlanPlace;
  readonly #properties = new Map<string, string>();
  readonly #appenders = new Map<string, AppenderPlan>();
  readonly #thresholds = new Map<string, Threshold>();
  /** Appenders that only pass on: name → those behind. */
  readonly #relays = new Map<string, readonly string[]>();
  readonly #loggers = new Map<string, LoggerPlan>();
  readonly #ignored = new Set<string>();

  constructor(root: Element, place: PlanPlace) {
    this.#place = place;
    const parts = root.children.map((child) => [child.name.toLowerCase(), child] as const);
    const all = (name: string) => parts.filter(([part]) => part === name).flatMap(([, { children }]) => children);
    for (const { attributes } of all('properties')) {
      this.#properties.set(attributes['name'] ?? '', this.#text(attributes['value'] ?? ''));
    }
    for (const appender of all('appenders')) {
      this.#readAppender(appender);
    }
    for (const logger of all('loggers')) {
      this.#readLogger(logger);
    }
    for (const [name, element] of parts) {
      if (!SILENT.has(name)) {
        this.#ignore(`<${element.name}>`);
      }
    }
  }

  plan(): LoggingPlan {
    return { appenders: this.#appenders, loggers: this.#loggers, ignored: [...this.#ignored] };
  }

  #ignore(what: string): void {
    this.#ignored.add(`The log configuration's ${what} has no meaning here and is left alone.`);
  }

  #text(text: string): string {
    return substitute(text, this.#properties, this.#place.environment, (name) =>
      this.#ignored.add(`The log configuration's \${${name}} is not known; it is taken as it stands.`),
    );
  }

  #readAppender(element: Element): void {
    const name = this.#text(element.attributes['name'] ?? '');
    const said = (attribute: string) => {
      const text = element.attributes[attribute];
      return text === undefined ? null : this.#text(text);
    };
    switch (element.name.toLowerCase()) {
      case 'console':
        this.#appenders.set(name, {
          kind: 'console',
          stream: said('target') === 'SYSTEM_ERR' ? 'stderr' : 'stdout',
          layout: this.#layout(element),
        });
        break;
      case 'file':
      case 'randomaccessfile':
      case 'rollingfile':
      case 'rollingrandomaccessfile': {
        const path = said('filename');
        if (path === null) {
          this.#ignore(`appender ${name}, which names no file,`);
          return;
        }
        this.#appenders.set(name, {
          kind: 'file',
          path: resolve(this.#place.workingFolder, path),
          layout: this.#layout(element),
          rotation: element.name.toLowerCase().startsWith('rolling')
            ? this.#rotation(element, said('filepattern'))
            : null,
        });
        break;
      }
      case 'async':
        this.#relays.set(
          name,
          element.children.filter(is('appenderref')).map(({ attributes }) => this.#text(attributes['ref'] ?? '')),
        );
        return;
      case 'null':
        this.#relays.set(name, []);
        return;
      default:
        this.#ignore(`appender <${element.name}> ${name}`);
        return;
    }
    const filter = element.children.find(is('thresholdfilter'))?.attributes['level'];
    this.#thresholds.set(name, this.#level(filter, 'all'));
    for (const child of element.children) {
      const known = /^(?:.*layout|policies|.*policy|.*strategy|thresholdfilter)$/i.test(child.name);
      if (!known) {
        this.#ignore(`<${child.name}> of the appender ${name}`);
      }
    }
  }

  #layout(element: Element): LayoutPlan {
    const layout = element.children.find(({ name }) => /layout$/i.test(name));
    if (layout === undefined) {
      return { pattern: '%m%n' };
    }
    switch (layout.name.toLowerCase()) {
      case 'patternlayout': {
        const written =
          layout.attributes['pattern'] ?? layout.children.find(is('pattern'))?.attributes['value']?.trim() ?? '%m%n';
        const pattern = this.#text(written);
        patternLayout(pattern, (conversion) => this.#ignore(`conversion ${conversion}`));
        return { pattern };
      }
      case 'jsonlayout':
      case 'jsontemplatelayout':
      case 'jsonpatternlayout':
        return 'json';
      default:
        this.#ignore(`layout <${layout.name}>`);
        return { pattern: BARE_PATTERN };
    }
  }

  #rotation(element: Element, filePattern: string | null): RotationPlan | null {
    if (filePattern === null) {
      this.#ignore(`<${element.name}> without a filePattern rolls nothing, which`);
      return null;
    }
    const direct = element.children.filter(({ name }) => /policy$/i.test(name));
    const policies = [...direct, ...element.children.filter(is('policies')).flatMap(({ children }) => children)];
    let maxSize: number | null = null;
    let byDate = false;
    for (const policy of policies) {
      switch (policy.name.toLowerCase()) {
        case 'sizebasedtriggeringpolicy':
          maxSize = bytesOf(this.#text(policy.attributes['size'] ?? '10 MB'));
          break;
        case 'timebasedtriggeringpolicy':
          byDate = true;
          if (Number(policy.attributes['interval'] ?? 1) !== 1) {
            this.#ignore('interval of more than one period');
          }
          break;
        default:
          this.#ignore(`<${policy.name}>`);
      }
    }
    const strategy = element.children.find(is('defaultrolloverstrategy'));
    for (const action of strategy?.children ?? []) {
      this.#ignore(`<${action.name}>`);
    }
    return {
      pattern: resolve(this.#place.workingFolder, filePattern),
      maxSize,
      byDate,
      keep: Number(strategy?.attributes['max'] ?? 7),
    };
  }

  #readLogger(element: Element): void {
    const isRoot = /root$/i.test(element.name);
    if (!isRoot && !/logger$/i.test(element.name)) {
      this.#ignore(`<${element.name}>`);
      return;
    }
    const name = isRoot ? '' : this.#text(element.attributes['name'] ?? '');
    const appenders = element.children
      .filter(is('appenderref'))
      .flatMap(({ attributes }) =>
        this.#references(this.#text(attributes['ref'] ?? ''), this.#level(attributes['level'], 'all')),
      );
    this.#loggers.set(name, {
      level: this.#level(element.attributes['level'], isRoot ? 'error' : 'all'),
      appenders,
      additive: element.attributes['additivity']?.toLowerCase() !== 'false',
    });
  }

  #references(name: string, threshold: Threshold): AppenderRef[] {
    const behind = this.#relays.get(name);
    if (behind !== undefined) {
      return behind.flatMap((next) => this.#references(next, threshold));
    }
    return [{ name, threshold: stricter(threshold, this.#thresholds.get(name) ?? 'all') }];
  }

  #level(word: string | undefined, fallback: Threshold): Threshold {
    if (word === undefined) {
      return fallback;
    }
    const level = thresholdOf(this.#text(word));
    if (level === null) {
      this.#ignore(`level ${word}`);
    }
    return level ?? fallback;
  }
}

function is(name: string) {
  return (element: Element) => element.name.toLowerCase() === name;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Reads `100 MB`, `10k`, `1 GB`; null where it is none. */
export function bytesOf(size: string): number | null {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)b?\s*$/i.exec(size) ?? [];
  return amount === undefined ? null : Math.round(Number(amount) * (UNITS[(unit ?? '').toLowerCase()] ?? 1));
}
