import { ConsoleTarget } from './console-target.js';
import { jsonLayout, type Layout, patternLayout } from './layout.js';
import { LineWriter, type Target } from './line-writer.js';
import type { AppenderPlan, LayoutPlan, LoggerPlan, LoggingPlan } from './plan.js';
import { type LogRecord, lets, type Threshold } from './record.js';
import { RolledFiles } from './rolled-files.js';
import { RollingFile } from './rolling-file.js';
import { WriteRound } from './write-round.js';

/** What one logger's lines pass: its threshold, then each layout once, then the writers that share it. */
export interface Route {
  readonly level: Threshold;
  readonly outputs: readonly {
    readonly threshold: Threshold;
    readonly layout: Layout;
    readonly writers: readonly LineWriter[];
  }[];
}

/** Opens a plan's appenders, and says which of them hear whom. */
export class Router {
  readonly #plan: LoggingPlan;
  readonly #appenders = new Map<string, { layout: Layout; writer: LineWriter }>();
  readonly #layouts = new Map<string, Layout>();
  readonly #writers = new Set<LineWriter>();
  readonly #round = new WriteRound();
  /** One sentence for each appender that could not be opened. */
  readonly problems: string[] = [];

  constructor(plan: LoggingPlan) {
    this.#plan = plan;
    const consoles = new Map<string, LineWriter>();
    for (const [name, appender] of plan.appenders) {
      const layout = this.#layout(appender.layout);
      const shared = appender.kind === 'console' ? consoles.get(appender.stream) : undefined;
      const writer = shared ?? this.#open(name, appender, layout);
      if (writer !== null) {
        this.#appenders.set(name, { layout, writer });
        if (appender.kind === 'console') {
          consoles.set(appender.stream, writer);
        }
      }
    }
  }

  #open(name: string, appender: AppenderPlan, layout: Layout): LineWriter | null {
    let target: Target;
    try {
      target = targetOf(appender);
    } catch (error) {
      const path = appender.kind === 'file' ? appender.path : name;
      this.problems.push(`Cannot write the log ${path}: ${(error as Error).message}`);
      return null;
    }
    const writer = new LineWriter(target, {
      round: this.#round,
      notice: (dropped) => layout(note(`${dropped} lines were dropped: they came faster than they could be written.`)),
      failed: (error) => {
        if (appender.kind === 'file') {
          this.#complain(writer, `Cannot write the log ${appender.path}: ${error.message}`);
        }
      },
    });
    this.#writers.add(writer);
    return writer;
  }

  /** Tells of a failed appender on the others. */
  #complain(failed: LineWriter, message: string): void {
    const record = note(message);
    for (const { layout, writers } of this.route('').outputs) {
      for (const writer of writers) {
        if (writer !== failed) {
          writer.write(layout(record));
        }
      }
    }
  }

  #layout(plan: LayoutPlan): Layout {
    const key = plan === 'json' ? 'json' : `pattern ${plan.pattern}`;
    const layout = this.#layouts.get(key) ?? (plan === 'json' ? jsonLayout : patternLayout(plan.pattern));
    this.#layouts.set(key, layout);
    return layout;
  }

  /** Follows a logger's name upwards through the plan. An appender that is met twice hears a line once. */
  route(logger: string): Route {
    let level: Threshold | null = null;
    const outputs: { threshold: Threshold; layout: Layout; writers: LineWriter[] }[] = [];
    const heard = new Set<LineWriter>();
    for (const name of lineage(logger)) {
      const plan: LoggerPlan | undefined = this.#plan.loggers.get(name);
      if (plan === undefined) {
        continue;
      }
      level ??= plan.level;
      for (const { name: appender, threshold } of plan.appenders) {
        const opened = this.#appenders.get(appender);
        if (opened !== undefined && !heard.has(opened.writer)) {
          heard.add(opened.writer);
          const alike = outputs.find((output) => output.layout === opened.layout && output.threshold === threshold);
          if (alike === undefined) {
            outputs.push({ threshold, layout: opened.layout, writers: [opened.writer] });
          } else {
            alike.writers.push(opened.writer);
          }
        }
      }
      if (!plan.additive) {
        break;
      }
    }
    return { level: level ?? 'info', outputs };
  }

  /** The writer of standard output, if the plan has one. */
  console(): LineWriter | null {
    for (const [name, appender] of this.#plan.appenders) {
      if (appender.kind === 'console' && appender.stream === 'stdout') {
        return this.#appenders.get(name)?.writer ?? null;
      }
    }
    return null;
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#writers].map((writer) => writer.flush()));
  }

  flushSync(): void {
    for (const writer of this.#writers) {
      writer.flushSync();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers].map((writer) => writer.close()));
  }
}

/** A name and those above it, down to the root: `a.b`, `a`, ``. */
function* lineage(logger: string): Generator<string> {
  for (let name = logger; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    yield name;
  }
  yield '';
}

function targetOf(appender: AppenderPlan): Target {
  if (appender.kind === 'console') {
    return new ConsoleTarget(appender.stream === 'stdout' ? 1 : 2);
  }
  const { path, rotation } = appender;
  const rolled = rotation === null ? null : new RolledFiles(rotation.pattern, rotation.keep);
  return new RollingFile(path, rolled && rotation && { maxSize: rotation.maxSize, byDate: rotation.byDate, rolled });
}

/** Says a record on every output of a route; minor ones give way in a flood. */
export function emit(route: Route, record: LogRecord, minor: boolean): void {
  if (lets(route.level, record.level)) {
    for (const { threshold, layout, writers } of route.outputs) {
      if (lets(threshold, record.level)) {
        const text = layout(record);
        for (const writer of writers) {
          writer.write(text, minor);
        }
      }
    }
  }
}

function note(message: string): LogRecord {
  return { time: Date.now(), level: 'warn', thread: 'main', logger: 'org.pytorch.serve.Logging', message };
}
