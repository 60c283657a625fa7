import { z } from 'zod';
import type { ErrorKind } from '../../errors/table.js';
import type { ErrorFormat } from '../http/error-format.js';
import { ParameterError } from '../http/request-parameters.js';

/** Statuses that OpenAI's clients know for what TorchServe's have another one for. */
const statuses: Partial<Record<ErrorKind, number>> = { invalidKey: 401, predictionFailed: 500 };

/** What `code` says, where there is a word for it. */
const codes: Partial<Record<ErrorKind, string>> = {
  invalidKey: 'invalid_api_key',
  modelNotFound: 'model_not_found',
  versionNotFound: 'model_not_found',
  timedOut: 'timeout',
  tooLarge: 'request_too_large',
  unavailable: 'service_unavailable',
  outOfMemory: 'out_of_memory',
};

/** OpenAI's form of an error. */
export const openAiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable().meta({ description: 'The parameter that is at fault.' }),
    code: z.string().nullable(),
  }),
});

/** Writes errors in it. */
export const openAiErrors: ErrorFormat = (error) => {
  const status = statuses[error.kind] ?? error.status;
  const ofModel = error.kind === 'modelNotFound' || error.kind === 'versionNotFound';
  const param = error instanceof ParameterError ? error.parameter : ofModel ? 'model' : null;
  return { status, document: openAiError(status, error.message, param, codes[error.kind] ?? null) };
};

/** The document of an error. */
export function openAiError(status: number, message: string, param: string | null = null, code: string | null = null) {
  return { error: { message, type: errorType(status), param, code } };
}

/** 408 is the server's fault as OpenAI's clients see it: they ask again. */
function errorType(status: number): string {
  return status >= 400 && status < 500 && status !== 408 ? 'invalid_request_error' : 'server_error';
}
