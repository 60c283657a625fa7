import { ServingError } from '../../errors/serving-error.js';
import type { ModelInferRequest__Output } from '../../generated/inference/ModelInferRequest.js';
import type { ModelInferResponse } from '../../generated/inference/ModelInferResponse.js';
import { elementsFromJson, elementsToJson } from './tensor-elements.js';

/**
 * A ModelInfer request as the JSON that handlers of the KServe v2 envelope read.
 * @throws ServingError badRequest where its tensors are not what they say.
 */
export function inferJson(request: ModelInferRequest__Output): string {
  const { id, modelName, inputs, rawInputContents } = request;
  if (rawInputContents.length > 0 && rawInputContents.length !== inputs.length) {
    throw new ServingError(
      'badRequest',
      `The request has ${inputs.length} inputs and ${rawInputContents.length} raw_input_contents; there has to be one for each.`,
    );
  }
  const tensors = inputs.map(({ name, shape, datatype, contents, parameters }, index) => {
    const data = elementsToJson(name, datatype, rawInputContents[index] ?? contents);
    const own = parametersJson(parameters);
    return `{"name":${JSON.stringify(name)},"shape":[${shape.join(',')}],"datatype":${JSON.stringify(datatype)}${own},"data":${data}}`;
  });
  const outputs =
    request.outputs.length === 0
      ? ''
      : `,"outputs":[${request.outputs.map(({ name, parameters }) => `{"name":${JSON.stringify(name)}${parametersJson(parameters)}}`).join(',')}]`;
  return `{"id":${JSON.stringify(id)},"model_name":${JSON.stringify(modelName)}${parametersJson(request.parameters)},"inputs":[${tensors.join(',')}]${outputs}}`;
}

function parametersJson(parameters: ModelInferRequest__Output['parameters']): string {
  const entries = Object.entries(parameters).flatMap(([name, { boolParam, int64Param, stringParam }]) => {
    const value = stringParam === undefined ? (int64Param ?? boolParam) : JSON.stringify(stringParam);
    return value === undefined ? [] : [`${JSON.stringify(name)}:${value}`];
  });
  return entries.length === 0 ? '' : `,"parameters":{${entries.join(',')}}`;
}

interface HandlerOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/**
 * What a handler answered, as a message: `{id, model_name, model_version, outputs: [{name, datatype, shape, data}]}`,
 * of which only `outputs` has to be there. Outputs go as raw bytes where the inputs came so.
 * @param asked what stands for the names that the handler leaves out.
 * @throws ServingError predictionFailed, saying what is missing.
 */
export function inferResponse(
  body: Uint8Array,
  asked: { readonly id: string; readonly modelName: string; readonly modelVersion: string; readonly raw: boolean },
): ModelInferResponse {
  const document = parsed(body);
  const outputs = outputsOf(document);
  // The protocol has raw bytes for all outputs or for none, and halves fit nowhere else.
  const raw = asked.raw || outputs.some(({ datatype }) => datatype === 'FP16' || datatype === 'BF16');
  const tensors = outputs.map((output) => ({
    output,
    elements: elementsFromJson(output.name, output.datatype, output.data.flat(Number.POSITIVE_INFINITY), raw),
  }));
  return {
    id: text(document['id'], asked.id),
    modelName: text(document['model_name'], asked.modelName),
    modelVersion: text(document['model_version'], asked.modelVersion),
    outputs: tensors.map(({ output: { name, datatype, shape }, elements }) => ({
      name,
      datatype,
      shape: [...shape],
      ...('contents' in elements && { contents: elements.contents }),
    })),
    rawOutputContents: tensors.flatMap(({ elements }) => ('raw' in elements ? [elements.raw] : [])),
  };
}

function parsed(body: Uint8Array): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(
      exactNumbers(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()),
    );
    if (typeof document === 'object' && document !== null && !Array.isArray(document))
      return document as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw missing('a JSON object');
}

/** Puts what JSON.parse would round or refuse into quotation marks: long integers, and Python's NaN and Infinity. */
function exactNumbers(json: string): string {
  if (!/\d{16}|NaN|Infinity/.test(json)) return json;
  const words = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])(?:-?\d{16,}(?![\d.eE])|NaN|-?Infinity)/g;
  return json.replace(words, (match) => (match.startsWith('"') ? match : `"${match}"`));
}

function outputsOf(document: Record<string, unknown>): HandlerOutput[] {
  const { outputs } = document;
  if (!Array.isArray(outputs)) throw missing('"outputs", an array');
  return outputs.map((output: unknown, index) => {
    const { name, datatype, shape, data } = (output ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string') throw missing(`"name" in outputs[${index}]`);
    if (typeof datatype !== 'string') throw missing(`"datatype" in outputs[${index}]`);
    if (!Array.isArray(shape)) throw missing(`"shape" in outputs[${index}]`);
    if (!Array.isArray(data)) throw missing(`"data" in outputs[${index}]`);
    return { name, datatype, shape, data };
  });
}

function missing(what: string): ServingError {
  return new ServingError('predictionFailed', `The handler's answer is no Open Inference response: it lacks ${what}.`);
}

function text(value: unknown, otherwise: string): string {
  return value === undefined || value === null ? otherwise : String(value);
}
