/**
 * Tells a Python process whose child it is. It asks the kernel for a signal when its parent dies, and by this it can see
 * that the parent died before it could ask.
 */
export function parentOf(): Record<string, string> {
  return { TORCHBRIDGE_PARENT: String(process.pid) };
}
