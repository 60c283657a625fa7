import { describe, expect, test } from 'vitest';
import { datePattern } from '../../../../src/observability/logging/date-pattern.js';
import { FULL_PATTERN, jsonLayout, patternLayout } from '../../../../src/observability/logging/layout.js';
import type { LogRecord } from '../../../../src/observability/logging/record.js';

const time = new Date(2024, 4, 30, 21, 6, 3, 25).getTime();
const record: LogRecord = {
  time,
  level: 'info',
  thread: 'main',
  logger: 'org.pytorch.serve.ModelServer',
  message: 'said',
  requestId: 'r1',
};

describe('patterns', () => {
  test.each([
    [FULL_PATTERN, '2024-05-30T21:06:03,025 [INFO ] main org.pytorch.serve.ModelServer - said\n'],
    ['%d - %msg%n', '2024-05-30T21:06:03,025 - said\n'],
    ['%d{HH:mm:ss.SSS} %c{1} %m', '21:06:03.025 ModelServer said'],
    ['%d{ABSOLUTE}|%d{COMPACT}|%d{UNIX_MILLIS}', `21:06:03,025|20240530210603025|${time}`],
    ["%d{dd-MMM 'at' H'h'}", '30-May at 21h'],
    ['[%8p][%-8p][%.3c][%5.2m]', '[    INFO][INFO    ][ver][   id]'],
    ['100%% %X{requestId} %X{other}.', '100% r1 .'],
    ['%message text%nend', 'said text\nend'],
  ])('%s', (pattern, text) => {
    expect(patternLayout(pattern)(record)).toBe(text);
  });

  test('an unknown conversion is told of and written as it stands', () => {
    const unknown: string[] = [];
    expect(patternLayout('%Q %m', (conversion) => unknown.push(conversion))(record)).toBe('%Q said');
    expect(unknown).toEqual(['%Q']);
  });

  test('a stack follows the line, unless the pattern places it', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    const text = patternLayout('%m%n')({ ...record, error });
    expect(text).toMatch(/^said\nError: outer\n {4}at .*\nCaused by: Error: inner\n/s);
    expect(patternLayout('%ex | %m%n')({ ...record, error: 'plain' })).toBe('plain | said\n');
  });
});

test('times of a second that was met before', () => {
  const iso = datePattern('ISO8601');
  expect([iso(time), iso(time + 7), iso(time + 1000)]).toEqual([
    '2024-05-30T21:06:03,025',
    '2024-05-30T21:06:03,032',
    '2024-05-30T21:06:04,025',
  ]);
});

test('JSON has what is known, and nothing else', () => {
  expect(JSON.parse(jsonLayout({ ...record, fields: () => ({ model: 'm', status: 200 }) }))).toEqual({
    time: new Date(time).toISOString(),
    level: 'INFO',
    logger: 'org.pytorch.serve.ModelServer',
    thread: 'main',
    message: 'said',
    requestId: 'r1',
    model: 'm',
    status: 200,
  });
});
