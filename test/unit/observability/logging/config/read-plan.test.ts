import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StartupError } from '../../../../../src/errors/startup-error.js';
import { readLoggingPlan } from '../../../../../src/observability/logging/config/read-plan.js';
import { defaultPlan } from '../../../../../src/observability/logging/plan.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const locations = () => ({
  workingFolder: folder,
  logLocation: join(folder, 'logs'),
  metricsLocation: join(folder, 'logs'),
});

function read(name: string, text: string, environment: NodeJS.ProcessEnv = {}) {
  const logConfig = join(folder, name);
  writeFileSync(logConfig, text);
  return readLoggingPlan({ ...locations(), logConfig }, environment);
}

const all = (name: string) => ({ name, threshold: 'all' });

test('without a file, logs are written as by TorchServe', () => {
  expect(readLoggingPlan({ ...locations(), logConfig: null })).toEqual(defaultPlan(locations()));
});

describe('log4j2, XML', () => {
  test('levels, files, patterns and rotation', () => {
    const plan = read(
      'log4j2.xml',
      `<?xml version="1.0" encoding="UTF-8"?>
       <!-- what an operator might have -->
       <Configuration status="warn">
         <Properties><Property name="dir">\${env:LOGS:-elsewhere}</Property></Properties>
         <Appenders>
           <Console name="out" target="SYSTEM_ERR"><PatternLayout pattern="%p &lt;%c{1}&gt; %m%n"/></Console>
           <RollingFile name="file" fileName="\${dir}/a.log" filePattern="\${dir}/$\${date:yyyy-MM}/a-%d{dd}-%i.log.gz">
             <PatternLayout><Pattern>%m%n</Pattern></PatternLayout>
             <ThresholdFilter level="warn"/>
             <Policies><SizeBasedTriggeringPolicy size="10 MB"/><TimeBasedTriggeringPolicy/></Policies>
             <DefaultRolloverStrategy max="3"/>
           </RollingFile>
           <File name="json" fileName="/var/j.log"><JsonLayout compact="true"/></File>
           <Async name="later"><AppenderRef ref="json"/></Async>
         </Appenders>
         <Loggers>
           <Logger name="ACCESS_LOG" level="off" additivity="false"><AppenderRef ref="later" level="error"/></Logger>
           <Root level="\${env:LEVEL:-debug}"><AppenderRef ref="out"/><AppenderRef ref="file" level="error"/></Root>
         </Loggers>
       </Configuration>`,
    );
    expect([...plan.appenders]).toEqual([
      ['out', { kind: 'console', stream: 'stderr', layout: { pattern: '%p <%c{1}> %m%n' } }],
      [
        'file',
        {
          kind: 'file',
          path: join(folder, 'elsewhere/a.log'),
          layout: { pattern: '%m%n' },
          rotation: {
            pattern: join(folder, 'elsewhere/%d{yyyy-MM}/a-%d{dd}-%i.log.gz'),
            maxSize: 10 * 1024 * 1024,
            byDate: true,
            keep: 3,
          },
        },
      ],
      ['json', { kind: 'file', path: '/var/j.log', layout: 'json', rotation: null }],
    ]);
    expect([...plan.loggers]).toEqual([
      ['ACCESS_LOG', { level: 'off', additive: false, appenders: [{ name: 'json', threshold: 'error' }] }],
      ['', { level: 'debug', additive: true, appenders: [all('out'), { name: 'file', threshold: 'error' }] }],
    ]);
    expect(plan.ignored).toEqual([]);
  });

  test('what has no meaning here is said plainly', () => {
    const plan = read(
      'log4j2.xml',
      `<Configuration>
         <CustomLevels/>
         <Appenders>
           <Kafka name="k" topic="t"/>
           <Console name="c"><QLogLayout/><RegexFilter regex="x"/></Console>
           <RollingFile name="r" fileName="\${sys:gone}/r.log" filePattern="r-%i">
             <PatternLayout pattern="%Q %m%n"/>
             <Policies><CronTriggeringPolicy schedule="0"/></Policies>
           </RollingFile>
         </Appenders>
         <Loggers><Root level="chatty"/></Loggers>
       </Configuration>`,
    );
    expect(plan.ignored).toEqual([
      "The log configuration's appender <Kafka> k has no meaning here and is left alone.",
      "The log configuration's layout <QLogLayout> has no meaning here and is left alone.",
      "The log configuration's <RegexFilter> of the appender c has no meaning here and is left alone.",
      `The log configuration's \${sys:gone} is not known; it is taken as it stands.`,
      "The log configuration's conversion %Q has no meaning here and is left alone.",
      "The log configuration's <CronTriggeringPolicy> has no meaning here and is left alone.",
      "The log configuration's level chatty has no meaning here and is left alone.",
      "The log configuration's <CustomLevels> has no meaning here and is left alone.",
    ]);
  });

  test.each([
    ['<Configuration><Appenders></Configuration>', 'line 1: Expected closing tag'],
    ['<other/>', 'it has no <Configuration>'],
  ])('%s is refused', (text, reason) => {
    expect(() => read('log4j2.xml', text)).toThrow(StartupError);
    expect(() => read('log4j2.xml', text)).toThrow(reason);
  });
});

test('log4j2, properties', () => {
  const plan = read(
    'log4j2.properties',
    `status = error
property.dir = logs
appender.console.type = Console
appender.console.name = STDOUT
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %m%n
appender.roll.type = RollingFile
appender.roll.name = ROLL
appender.roll.fileName = \${dir}/a.log
appender.roll.filePattern = \${dir}/a-%d{yyyy-MM-dd}.log
appender.roll.layout.type = JsonLayout
appender.roll.policies.type = Policies
appender.roll.policies.size.type = SizeBasedTriggeringPolicy
appender.roll.policies.size.size = 5KB
appender.roll.strategy.type = DefaultRolloverStrategy
appender.roll.strategy.max = 2
logger.serve.name = org.pytorch.serve
logger.serve.level = warn
logger.serve.additivity = false
logger.serve.appenderRef.roll.ref = ROLL
rootLogger = info, STDOUT
`,
  );
  expect([...plan.appenders]).toEqual([
    ['STDOUT', { kind: 'console', stream: 'stdout', layout: { pattern: '%d %m%n' } }],
    [
      'ROLL',
      {
        kind: 'file',
        path: join(folder, 'logs/a.log'),
        layout: 'json',
        rotation: { pattern: join(folder, 'logs/a-%d{yyyy-MM-dd}.log'), maxSize: 5120, byDate: false, keep: 2 },
      },
    ],
  ]);
  expect([...plan.loggers]).toEqual([
    ['org.pytorch.serve', { level: 'warn', additive: false, appenders: [all('ROLL')] }],
    ['', { level: 'info', additive: true, appenders: [all('STDOUT')] }],
  ]);
  expect(plan.ignored).toEqual([]);
});

test('log4j2, JSON and YAML', () => {
  const yaml = `
Configuration:
  Appenders:
    Console: { name: STDOUT, PatternLayout: { pattern: '%m%n' } }
  Loggers:
    Logger:
      - { name: MODEL_LOG, level: off }
      - { name: ACCESS_LOG, level: warn, AppenderRef: { ref: STDOUT } }
    Root: { level: error, AppenderRef: { ref: STDOUT } }
`;
  const json =
    '{"configuration": {"appenders": {"appender": {"type": "Console", "name": "STDOUT", "PatternLayout": {"pattern": "%m%n"}}}, "loggers": {"logger": [{"name": "MODEL_LOG", "level": "off"}, {"name": "ACCESS_LOG", "level": "warn", "AppenderRef": {"ref": "STDOUT"}}], "root": {"level": "error", "AppenderRef": {"ref": "STDOUT"}}}}}';
  for (const plan of [read('a.yaml', yaml), read('a.json', json)]) {
    expect([...plan.loggers]).toEqual([
      ['MODEL_LOG', { level: 'off', additive: true, appenders: [] }],
      ['ACCESS_LOG', { level: 'warn', additive: true, appenders: [all('STDOUT')] }],
      ['', { level: 'error', additive: true, appenders: [all('STDOUT')] }],
    ]);
    expect([...plan.appenders.keys()]).toEqual(['STDOUT']);
  }
});

test('log4j 1 is not read, and that is said', () => {
  const plan = read('log4j.properties', 'log4j.rootLogger = INFO, console\n');
  expect(plan).toMatchObject({ appenders: defaultPlan(locations()).appenders });
  expect(plan.ignored[0]).toContain('log4j 1');
});

describe('our own form', () => {
  test('changes what it names, and leaves the rest', () => {
    const plan = read(
      'logs.yaml',
      `
format: json
rotation: { size: 20MB, keep: 9 }
console: { level: warn, format: text }
logs:
  access: { echo: false, format: '%d %m' }
  model: { file: null, level: warn }
  tsMetrics: { file: metrics.json, rotation: { size: null, daily: true } }
loggers:
  org.pytorch.serve.Nursery: info
`,
    );
    const base = defaultPlan(locations());
    expect(plan.appenders.get('STDOUT')).toEqual(base.appenders.get('STDOUT'));
    expect(plan.appenders.has('model_log')).toBe(false);
    expect(plan.appenders.get('access_log')).toMatchObject({
      path: join(folder, 'logs/access_log.log'),
      layout: { pattern: '%d %m%n' },
      rotation: { maxSize: 20 * 1024 * 1024, keep: 9, byDate: true },
    });
    expect(plan.appenders.get('ts_metrics')).toEqual({
      kind: 'file',
      path: join(folder, 'metrics.json'),
      layout: 'json',
      rotation: { pattern: join(folder, 'metrics.json.%d{yyyy-MM-dd}.gz'), maxSize: null, byDate: true, keep: 9 },
    });
    expect(plan.loggers.get('')?.appenders).toEqual([{ name: 'STDOUT', threshold: 'warn' }, all('ts_log')]);
    expect(plan.loggers.get('ACCESS_LOG')?.additive).toBe(false);
    expect(plan.loggers.get('MODEL_LOG')?.level).toBe('warn');
    expect(plan.loggers.get('org.pytorch.serve.Nursery')?.level).toBe('info');
  });

  test('the example of the documentation is understood', () => {
    const page = readFileSync(new URL('../../../../../docs/logging.md', import.meta.url), 'utf8');
    const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
    const plan = read('logs.yaml', example);
    expect(plan.appenders.get('STDOUT')).toMatchObject({ stream: 'stderr' });
    expect(plan.appenders.get('access_log')).toMatchObject({
      path: join(folder, 'requests.log'),
      rotation: { maxSize: 1024 ** 3, keep: 10 },
    });
    expect(plan.loggers.get('MODEL_LOG')?.level).toBe('warn');
  });

  test('an empty object is the default, and the console can be silent', () => {
    expect(read('logs.json', '{}')).toEqual(defaultPlan(locations()));
    expect(read('logs.json', '{"console": false}').appenders.has('STDOUT')).toBe(false);
  });

  test.each([
    ['levels: info', 'Unrecognized key: "levels"'],
    ['logs: { access: { level: chatty } }', 'logs.access.level: takes one of off, fatal, error'],
    ['rotation: { size: huge }', 'rotation.size: takes a number of bytes, or such as 100MB'],
    ['- 1', 'cannot be used'],
  ])('%s is refused', (text, reason) => {
    expect(() => read('logs.yaml', text)).toThrow(reason);
  });
});

test('a file that is missing', () => {
  const logConfig = join(folder, 'none.xml');
  expect(() => readLoggingPlan({ ...locations(), logConfig })).toThrow(`--log-config file not found: ${logConfig}`);
});
