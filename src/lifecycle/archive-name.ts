/** Last part of a url's path: the name under which a download lies in its store. */
export function archiveName(url: string): string {
  return (url.split(/[?#]/, 1)[0] as string).split('/').filter(Boolean).at(-1) ?? url;
}
