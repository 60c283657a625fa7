import type { CamelCase, KeyValue } from './key.js';
import { acceptedKeys, bookkeepingKeys } from './keys/accepted.js';
import { addressKeys } from './keys/addresses.js';
import { modelKeys } from './keys/models.js';
import { observabilityKeys } from './keys/observability.js';
import { scalingKeys } from './keys/scaling.js';
import { securityKeys } from './keys/security.js';
import { tracingKeys } from './keys/tracing.js';
import { workerKeys } from './keys/workers.js';

/** Every key that config.properties may hold. docs/configuration.md is written from it. */
export const keyTable = {
  ...addressKeys,
  ...modelKeys,
  ...workerKeys,
  ...scalingKeys,
  ...securityKeys,
  ...observabilityKeys,
  ...tracingKeys,
  ...bookkeepingKeys,
  ...acceptedKeys,
} as const;

export type KeyTable = typeof keyTable;
export type KeyName = keyof KeyTable;

/** Every key's value under its name in camelCase; null where a key without a default was not given. */
export type KeyValues = { readonly [K in KeyName as CamelCase<K>]: KeyValue<KeyTable[K]> };

export const keyNames = Object.keys(keyTable) as readonly KeyName[];

/** Whether a word is a key of the table. */
export function isKeyName(word: string): word is KeyName {
  return Object.hasOwn(keyTable, word);
}
