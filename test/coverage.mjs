/**
 * Coverage of `src/api` by line: what the unit tests run in their own process, and what the integration tests run in
 * real servers, taken together. A line counts where either ran it; types alone have no lines.
 */
import * as fs from 'node:fs';
import { join, relative } from 'node:path';
import coverage from 'istanbul-lib-coverage';
import { root } from '../.ci/setup.mjs';

/** The integration tests that knock on the doors. */
export const doorTests = ['test/integration/http.test.ts', 'test/integration/grpc'];

/** Arguments of vitest that make it write the coverage of its own process to `folder`. */
export function ownProcess(folder) {
  return ['enabled', 'include=src/api/**', 'reporter=json', `reportsDirectory=${folder}`].map(
    (option) => `--coverage.${option}`,
  );
}

/** The command that turns what servers left in `raw` into a report in `folder`. */
export function ofServers(raw, folder) {
  const c8 = join(root, 'node_modules/c8/bin/c8.js');
  const words = ['--temp-directory', raw, '--reports-dir', folder, '--reporter', 'json', '--exclude-after-remap'];
  return [c8, 'report', ...words, '--include', 'src/api/**', '--exclude', 'test/**'];
}

/**
 * Prints a table of the files below `src/api`; answers the share of lines that ran.
 * @param own Folder with the report of the unit tests' process. It knows which lines are code.
 * @param servers Folder with the report of the servers, which counts every line, comments too.
 */
export function printTable(own, servers) {
  const [ofUnits, ofIntegration] = [own, servers].map(readReport);
  const rows = [];
  for (const [file, counts] of Object.entries(ofUnits)) {
    const lines = Object.keys(counts);
    const missed = lines.filter((line) => !counts[line] && !ofIntegration[file]?.[line]);
    if (lines.length > 0) rows.push({ file, all: lines.length, missed });
  }
  const all = rows.reduce((sum, row) => sum + row.all, 0);
  const ran = all - rows.reduce((sum, row) => sum + row.missed.length, 0);
  console.log('\nLines of src/api that ran:');
  for (const row of rows) {
    const where = row.missed.length > 0 ? `, not ${row.missed.join(', ')}` : '';
    console.log(`${percent(row.all - row.missed.length, row.all)} ${row.file}${where}`);
  }
  console.log(`${percent(ran, all)} in all: ${ran} of ${all}`);
  return ran / all;
}

/** How often each line of each file ran. */
function readReport(folder) {
  const report = JSON.parse(fs.readFileSync(join(folder, 'coverage-final.json'), 'utf8'));
  const map = coverage.createCoverageMap(report);
  const files = map.files().sort();
  return Object.fromEntries(files.map((file) => [relative(root, file), map.fileCoverageFor(file).getLineCoverage()]));
}

function percent(part, whole) {
  return `${((100 * part) / whole).toFixed(1).padStart(5)} %`;
}
