/** Turns milliseconds since 1970 into text, in local time. */
export type DateText = (time: number) => string;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const two = (value: number) => String(value).padStart(2, '0');
const three = (value: number) => String(value).padStart(3, '0');

const PARTS: Readonly<Record<string, (date: Date) => string>> = {
  yyyy: (date) => String(date.getFullYear()),
  yy: (date) => two(date.getFullYear() % 100),
  MMM: (date) => MONTHS[date.getMonth()] ?? '',
  MM: (date) => two(date.getMonth() + 1),
  dd: (date) => two(date.getDate()),
  d: (date) => String(date.getDate()),
  EEE: (date) => DAYS[date.getDay()] ?? '',
  HH: (date) => two(date.getHours()),
  H: (date) => String(date.getHours()),
  hh: (date) => two(date.getHours() % 12 || 12),
  mm: (date) => two(date.getMinutes()),
  ss: (date) => two(date.getSeconds()),
  SSS: (date) => three(date.getMilliseconds()),
  a: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  XXX: (date) => offset(date, ':'),
  Z: (date) => offset(date, ''),
};

function offset(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
}

/** The patterns that log4j knows by name. */
const NAMED: Readonly<Record<string, string>> = {
  ABSOLUTE: 'HH:mm:ss,SSS',
  COMPACT: 'yyyyMMddHHmmssSSS',
  DATE: 'dd MMM yyyy HH:mm:ss,SSS',
  DEFAULT: 'yyyy-MM-dd HH:mm:ss,SSS',
  ISO8601_BASIC: "yyyyMMdd'T'HHmmss,SSS",
};

/** `2024-05-30T21:46:03,625`; made once a millisecond, the part before the comma once a second. */
export const iso8601: DateText = (() => {
  const wholeSecond = compile("yyyy-MM-dd'T'HH:mm:ss");
  let second = Number.NaN;
  let text = '';
  let last = Number.NaN;
  let whole = '';
  return (time) => {
    if (time === last) return whole;
    last = time;
    const now = Math.floor(time / 1000);
    if (now !== second) {
      second = now;
      text = wholeSecond(time);
    }
    whole = `${text},${three(time - now * 1000)}`;
    return whole;
  };
})();

/** Compiles a pattern of Java's SimpleDateFormat, or one of log4j's names for them. */
export function datePattern(pattern: string): DateText {
  switch (pattern) {
    case '':
    case 'ISO8601':
      return iso8601;
    case 'UNIX':
      return (time) => String(Math.floor(time / 1000));
    case 'UNIX_MILLIS':
      return (time) => String(time);
    default:
      return compile(NAMED[pattern] ?? pattern);
  }
}

function compile(pattern: string): DateText {
  const parts: ((date: Date) => string)[] = [];
  for (const [token] of pattern.matchAll(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+/g)) {
    const part = PARTS[token];
    const text = token.startsWith("'") ? token.slice(1, -1) || "'" : token;
    parts.push(part ?? (() => text));
  }
  return (time) => {
    const date = new Date(time);
    return parts.map((part) => part(date)).join('');
  };
}
