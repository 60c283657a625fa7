import { datePattern } from './date-pattern.js';
import { type LogRecord, stackOf } from './record.js';

/** Turns a record into text that ends its line. */
export type Layout = (record: LogRecord) => string;

/** `2024-05-30T21:46:03,625 [INFO ] main org.pytorch.serve.ModelServer - message` */
export const FULL_PATTERN = '%d{ISO8601} [%-5p] %t %c - %m%n';
/** `2024-05-30T21:46:03,625 - message` */
export const BARE_PATTERN = '%d{ISO8601} - %m%n';

type Part = (record: LogRecord) => string;

const CONVERSION = /%(-)?(\d+)?(?:\.(-)?(\d+))?(%|[A-Za-z]+)((?:\{[^}]*\})*)/g;

/**
 * Compiles a pattern of log4j: `%d{…} %p %t %c{n} %m %n %X{requestId} %ex`, their long names, and widths such as `%-5p`.
 * @param unknown is told of each conversion that is not known; it is written as it stands.
 */
export function patternLayout(pattern: string, unknown: (conversion: string) => void = () => {}): Layout {
  const parts: Part[] = [];
  let writesErrors = false;
  let end = 0;
  for (const match of pattern.matchAll(CONVERSION)) {
    const [whole, left, width, fromEnd, most, name = '', options = ''] = match;
    const between = pattern.slice(end, match.index);
    if (between !== '') {
      parts.push(() => between);
    }
    const [part, rest] = conversion(name, options);
    if (part === null) {
      unknown(whole);
      parts.push(() => whole);
    } else {
      parts.push(
        sized(part, Number(width ?? 0), left !== undefined, most === undefined ? null : Number(most), !!fromEnd),
      );
      if (rest !== '') {
        parts.push(() => rest);
      }
      writesErrors ||= /^(?:x|r?)(?:Ex|ex|Throwable|throwable|Exception|exception)$/.test(name);
    }
    end = match.index + whole.length;
  }
  const tail = pattern.slice(end);
  if (tail !== '') {
    parts.push(() => tail);
  }
  return (record) => {
    let text = '';
    for (const part of parts) {
      text += part(record);
    }
    return record.error === undefined || writesErrors ? text : `${text}${stackOf(record.error)}\n`;
  };
}

/** The part that a conversion writes, and what of its letters was text after all (`%nend`). */
function conversion(name: string, options: string): [part: Part | null, rest: string] {
  const whole = conversions(name, options);
  if (whole !== null) {
    return [whole, ''];
  }
  for (let length = name.length - 1; length > 0; length--) {
    const part = conversions(name.slice(0, length), '');
    if (part !== null) {
      return [part, name.slice(length) + options];
    }
  }
  return [null, ''];
}

function conversions(name: string, options: string): Part | null {
  const option = /^\{([^}]*)\}/.exec(options)?.[1] ?? '';
  switch (name) {
    case '%':
      return () => '%';
    case 'd':
    case 'date': {
      const text = datePattern(option);
      return ({ time }) => text(time);
    }
    case 'p':
    case 'level':
      return ({ level }) => level.toUpperCase();
    case 't':
    case 'tn':
    case 'thread':
    case 'threadName':
      return ({ thread }) => thread;
    case 'c':
    case 'logger': {
      const kept = Number(option);
      return kept > 0 ? ({ logger }) => logger.split('.').slice(-kept).join('.') : ({ logger }) => logger;
    }
    case 'm':
    case 'msg':
    case 'message':
      return ({ message }) => message;
    case 'n':
      return () => '\n';
    case 'X':
    case 'mdc':
    case 'MDC':
      return (record) => (option === 'requestId' ? (record.requestId ?? '') : String(record.fields?.()[option] ?? ''));
    case 'r':
    case 'relative':
      return ({ time }) => String(Math.max(0, time - Math.round(performance.timeOrigin)));
    case 'pid':
    case 'processId':
      return () => String(process.pid);
    case 'ex':
    case 'exception':
    case 'throwable':
    case 'xEx':
    case 'xException':
    case 'xThrowable':
    case 'rEx':
    case 'rException':
    case 'rThrowable':
      return ({ error }) => (error === undefined ? '' : stackOf(error));
    default:
      return null;
  }
}

function sized(part: Part, width: number, left: boolean, most: number | null, fromEnd: boolean): Part {
  if (width === 0 && most === null) {
    return part;
  }
  return (record) => {
    let text = part(record);
    if (most !== null && text.length > most) {
      text = fromEnd ? text.slice(0, most) : text.slice(-most);
    }
    return left ? text.padEnd(width) : text.padStart(width);
  };
}

/** One JSON object a line: time (UTC), level, logger, thread, message, and what else is known. */
export const jsonLayout: Layout = ({ time, level, logger, thread, message, requestId, error, fields }) =>
  `${JSON.stringify({
    time: new Date(time).toISOString(),
    level: level.toUpperCase(),
    logger,
    thread,
    message,
    requestId,
    ...fields?.(),
    error: error === undefined ? undefined : stackOf(error),
  })}\n`;
