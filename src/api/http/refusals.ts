import { ServingError } from '../../errors/serving-error.js';

export function resourceNotFound(): ServingError {
  return new ServingError('resourceNotFound', 'Requested resource is not found, please refer to API document.');
}

export function methodNotAllowed(): ServingError {
  return new ServingError('methodNotAllowed', 'Requested method is not allowed, please refer to API document.');
}

export function badToken(): ServingError {
  return new ServingError(
    'invalidKey',
    'Token Authorization failed. Token either incorrect, expired, or not provided correctly',
  );
}

/** The refusal of the token API: a word differs from `badToken`, as in TorchServe. */
export function badTokenRequest(): ServingError {
  return new ServingError(
    'invalidKey',
    'Token Authentication failed. Token either incorrect, expired, or not provided correctly',
  );
}
