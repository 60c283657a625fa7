import { type Key, type KeyGroup, variableOf } from './key.js';
import { type KeyName, keyNames, keyTable } from './table.js';

const INTRODUCTION = `# Configuration

<!-- Written from src/config/keys: \`WRITE_DOCS=1 npx vitest run test/unit/config\` writes it anew, and without the variable fails where it is stale. -->

\`torchserve\` reads \`config.properties\`, the file of TorchServe: Java's properties syntax (\`key=value\`, \`#\` comments, a
backslash at the end continues a line, Latin-1). \`torchserve --check\` shows every value in effect and where it was said.

## Where values come from

The stronger comes first:

1. \`TS_…\` variables, where the file says \`enable_envvars_config=true\` (they beat flags, as in TorchServe).
2. Flags of the command line (docs/command-line.md).
3. Variables that always count: \`TS_PYTHON\`, \`TS_OPEN_INFERENCE_PROTOCOL\`, and those of OpenTelemetry (\`OTEL_…\`) in the table.
4. The file: the one that the variable \`TS_CONFIG_FILE\` names, else \`--ts-config\`, else \`./config.properties\`.
   An empty \`TS_CONFIG_FILE\` means no file at all.
5. The newest snapshot, unless a file was named by variable or flag, or \`--ncs\` was given.
6. Defaults.

\`$$NAME$$\` in a value is replaced by the variable NAME; one that is not set stops the start. A value that cannot be read
stops the start with its file, line and key and what the key takes; an unknown key warns and names the nearest known one.

Other variables: \`LOG_LOCATION\` and \`METRICS_LOCATION\` (folders of logs, default \`logs\`), \`TEMP\` (folder for unpacked
archives and sockets), \`PYTHONPATH\` (put before that of workers), \`SM_TELEMETRY_LOG\` (with any value, each death of a worker
is a line of the logger \`TELEMETRY_METRICS\`), \`TS_BENCHMARK\` (\`True\`: a worker that ends leaves \`tsPythonProfile.prof\`, for snakeviz, in
the temporary folder), \`ENABLE_TORCH_PROFILER\` (docs/python-handlers.md).

## Tokens and the model API by default

While every listener is on the loopback interface, no tokens are asked for and models may be registered. As soon as one
is bound elsewhere, tokens are asked for and the model API is off. \`disable_token_authorization\` and \`enable_model_api\`,
true or false, decide otherwise.
`;

const GROUPS: readonly KeyGroup[] = [
  'Addresses and limits',
  'Models',
  'Workers',
  'Scaling',
  'Security',
  'Metrics and logs',
  'Tracing',
  'Bookkeeping',
  'Accepted without meaning',
];

/** docs/configuration.md, whole. */
export function configurationReference(): string {
  const sections = GROUPS.map((group) => {
    const rows = keyNames.filter((name) => keyTable[name].group === group).map(row);
    return `## ${group}\n\n| key | takes | default | variable | meaning |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${INTRODUCTION}\n${sections.join('\n')}\nKeys marked with * are not TorchServe's.\n`;
}

function row(name: KeyName): string {
  const entry: Key<unknown, string | null> = keyTable[name];
  const variable = variableOf(name, entry);
  const cells = [
    `\`${name}\`${entry.ours ? ' *' : ''}`,
    entry.type.description ?? '',
    entry.default === null ? '' : entry.default === '' ? 'empty' : `\`${entry.default}\``,
    variable === null ? '' : `\`${variable}\`${entry.environment === 'always' ? ' (always)' : ''}`,
    entry.help,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
