import { readFileSync } from 'node:fs';

/** What PyTorch reads, from 2.2 on: whether tensors of 2 MiB and more ask the kernel for huge pages (pull request 115990). */
const variable = 'THP_MEM_ALLOC_ENABLE';
const kernelMode = '/sys/kernel/mm/transparent_hugepage/enabled';

/**
 * The setting with which large tensors of workers lie in huge pages: none where the user has set it, and none where the
 * kernel gives them to everybody or to nobody, which needs no asking. docs/performance.md has what it is worth.
 * @param inherited the environment of the server.
 * @param mode the kernel's file on transparent huge pages, `always [madvise] never`; default: this machine's.
 */
export function hugePages(inherited: NodeJS.ProcessEnv, mode = modeOfKernel()): Record<string, string> {
  return inherited[variable] === undefined && mode.includes('[madvise]') ? { [variable]: '1' } : {};
}

/** Empty where there is none. */
function modeOfKernel(): string {
  try {
    return readFileSync(kernelMode, 'utf8');
  } catch {
    return '';
  }
}
