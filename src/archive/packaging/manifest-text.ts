/**
 * The text of a manifest: keys without a value left out, and in ASCII, so that no reader's encoding matters.
 */
export function manifestText(manifest: object): string {
  const text = JSON.stringify(manifest, (_key, value) => (value === '' || value === null ? undefined : value), 2);
  return text.replace(/[\u007f-\uffff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
