import { execa } from 'execa';

/** How long an answer is waited for, in ms. */
const timeoutMs = 10_000;

/**
 * What nvidia-smi answers to a query: the fields of each row, without units. A field that a GPU does not tell is a word in
 * brackets, such as `[N/A]`. Empty where there is no nvidia-smi, or where it fails.
 * @param query an option of nvidia-smi: `--query-gpu=index,memory.used`.
 */
export async function nvidiaSmi(query: string): Promise<string[][]> {
  const { exitCode, stdout } = await execa('nvidia-smi', [query, '--format=csv,noheader,nounits'], {
    reject: false,
    timeout: timeoutMs,
    stdin: 'ignore',
  });
  if (exitCode !== 0) return [];
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((field) => field.trim()));
}
