import type { ServingError } from '../../errors/serving-error.js';

/** How an error is written for the clients of some routes. */
export type ErrorFormat = (error: ServingError) => { readonly status: number; readonly document: object };

/** TorchServe's: `{"code", "type", "message"}`. */
export function torchServeErrors({ status, type, message }: ServingError) {
  return { status, document: { code: isSendable(status) ? status : 500, type, message } };
}

/** Whether Node can put a status on the wire as a final one. */
export function isSendable(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 999;
}
