const option = '--use-largepages';

/**
 * What Node is started with so that its own code lies in huge pages, where the kernel gives them: none where the user has said
 * something about it in NODE_OPTIONS. Between two predictions of a large network little of the server is left in the caches,
 * nor of the tables that say where it lies; docs/performance.md has what that is worth. It takes some 22 MB of memory.
 * @param nodeOptions NODE_OPTIONS of the environment.
 * @see https://nodejs.org/docs/latest-v20.x/api/cli.html#--use-largepagesmode `silent`: no word where there are none.
 */
export function hugeCode(nodeOptions = ''): readonly string[] {
  return nodeOptions.includes(option) ? [] : [`${option}=silent`];
}
