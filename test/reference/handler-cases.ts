import type { Example, ExampleRequest } from '../support/example.js';

/** One archive for both servers, made in test/fixtures/handler-cases, and what is asked of it. */
export interface HandlerCase extends Pick<Example, 'archive' | 'requests'> {
  readonly title: string;
  /** The server's `service_envelope`. */
  readonly envelope?: string;
  /** Both servers can answer none of its requests. */
  readonly refused?: boolean;
}

const json = (body: string): Omit<ExampleRequest, 'path'> => ({ type: 'application/json', body });

/** What no handler of images or texts can read, and what neither server may fall over. */
const unreadable: readonly Omit<ExampleRequest, 'path'>[] = [
  { body: 'this is no image \xff' },
  { body: '' },
  json('{"a": 1}'),
  json('[]'),
  json('["a", "b"]'),
  json('{broken'),
];

function handlerCase(
  title: string,
  flags: string,
  requests: readonly Omit<ExampleRequest, 'path'>[],
  { verb = 'predictions', ...more }: { verb?: string; envelope?: string; refused?: boolean } = {},
): HandlerCase {
  const name = title.replace(/\W+/g, '_');
  const path = `/${verb}/${name}`;
  return {
    title,
    archive: `torch-model-archiver --model-name ${name} --version 1.0 ${flags} --export-path model_store`,
    requests: requests.map((request) => ({ path, ...request })),
    ...more,
  };
}

const eager = '--model-file linear.py --serialized-file build/linear.pth';
const rows = [json('[1, 2, 3]'), json('[0.5, -1e3, 7]'), json('[1]'), json('"text"'), json('{"a": 1}'), { body: '' }];
const resnet = '--model-file resnet.py --serialized-file build/resnet.pth';
const labels = '--extra-files index_to_name.json';
const texts = '--extra-files build/source_vocab.pt,index_to_name.json';
const text = `--model-file text.py --serialized-file build/text.pth ${texts}`;

const withoutEnvelope: readonly HandlerCase[] = [
  handlerCase('base, eager with a state dict', `--handler rows.py ${eager}`, rows),
  handlerCase('base, eager without weights', '--handler rows.py --model-file constant.py', rows),
  handlerCase('base, TorchScript', '--handler rows.py --serialized-file build/linear.pt', rows),
  handlerCase('base, compiled', `--handler rows.py ${eager} --config-file compile.yaml`, rows),
  handlerCase('base, compiled, as a word', `--handler rows.py ${eager} --config-file compile-text.yaml`, rows),
  handlerCase('base, compiled, older form', `--handler rows.py ${eager} --config-file compile-mapping.yaml`, rows),
  handlerCase('base, given dicts', `--handler base_handler ${eager}`, [json('[1, 2, 3]')], { refused: true }),
  handlerCase('image_classifier, eager', `--handler image_classifier ${resnet} ${labels}`, [
    { file: 'build/picture.png' },
    { file: 'build/picture.jpg', type: 'image/jpeg' },
    { form: { data: '@build/small.png' } },
    { file: 'build/grey.png' },
    { file: 'build/picture.base64', type: 'text/plain' },
    ...unreadable,
  ]),
  handlerCase(
    'image_classifier, TorchScript without labels',
    '--handler image_classifier --serialized-file build/resnet.pt',
    [{ file: 'build/picture.png' }],
  ),
  handlerCase(
    'image_classifier, explained',
    `--handler image_classifier ${resnet} ${labels}`,
    [
      { form: { data: '@build/small.png', target: '3;type=application/json' } },
      { form: { data: '@build/small.png', target: '99;type=application/json' } },
      { body: 'no image' },
    ],
    { verb: 'explanations' },
  ),
  handlerCase('image_segmenter', '--handler image_segmenter --model-file segmenter.py', [
    { file: 'build/picture.png' },
    { form: { data: '@build/small.png' } },
    ...unreadable,
  ]),
  handlerCase(
    'object_detector of torchvision',
    `--handler object_detector --model-file detector.py --serialized-file build/detector.pth ${labels}`,
    [{ file: 'build/picture.png' }, { file: 'build/small.png' }, ...unreadable],
  ),
  handlerCase('text_classifier', `--handler text_classifier ${text}`, [
    { body: 'The cat is not good' },
    { body: "the cat ISN'T good", type: 'text/plain' },
    { form: { data: 'the <b>cat</b>' } },
    json('"the cat"'),
    { body: 'the' },
    { body: '' },
    { body: '<br> ...' },
    json('{"a": 1}'),
    json('["the"]'),
  ]),
  handlerCase(
    'text_classifier, explained',
    `--handler text_classifier ${text}`,
    [{ body: 'The cat is not good' }, { form: { data: 'the cat', target: '2;type=application/json' } }, { body: '' }],
    { verb: 'explanations' },
  ),
  handlerCase('densenet_handler', '--handler dense.py --serialized-file build/linear.pt', [
    { file: 'build/tensor.pt' },
    { body: 'no tensor' },
  ]),
];

const instances = [
  json('{"instances": [[1, 2, 3], [4, 5, 6]]}'),
  json('{"instances": [[0, 0, 1]]}'),
  json('{"instances": [["a"]]}'),
  json('{"instances": 3}'),
  json('{"inputs": []}'),
  json('[1]'),
  { body: 'no JSON' },
  { body: '' },
];

const behindEnvelopes: readonly HandlerCase[] = [
  ...['json', 'kserve'].flatMap((envelope) => [
    handlerCase(`base_handler, eager, ${envelope}`, `--handler base_handler ${eager}`, instances, { envelope }),
    handlerCase(
      `base_handler, TorchScript, ${envelope}`,
      '--handler base_handler --serialized-file build/linear.pt',
      instances,
      { envelope },
    ),
    handlerCase(
      `image_classifier, ${envelope}`,
      `--handler image_classifier ${resnet} ${labels}`,
      [
        { file: `build/instances-${envelope}.json`, type: 'application/json' },
        json('{"instances": [{"data": "%%%"}]}'),
      ],
      { envelope },
    ),
  ]),
  handlerCase(
    'tensors, kservev2',
    `--handler tensors.py ${eager}`,
    [
      json(
        '{"id": "one", "inputs": [{"name": "a", "shape": [3], "datatype": "FP32", "data": [1, 2, 3]}, {"name": "b", "shape": [3], "datatype": "INT64", "data": [4, 5, 6]}]}',
      ),
      json('{"id": "two", "inputs": [{"name": "a", "shape": [2], "datatype": "FP32", "data": [1, 2, 3]}]}'),
      json('{"id": "three"}'),
      { body: 'no JSON' },
    ],
    { envelope: 'kservev2' },
  ),
  handlerCase('what is given, body', '--handler bytes_of.py', [{ body: 'four' }, { form: { data: 'three' } }], {
    envelope: 'body',
  }),
];

/** Beside the examples, which are compared as well: each default handler, in each way that it loads a model. */
export const handlerCases: readonly HandlerCase[] = [...withoutEnvelope, ...behindEnvelopes];
