import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { parseProperties } from '../../../config/properties.js';

/** One component of a log4j2 file, whichever form the file has. Names of attributes are in lower case. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
}

type Nodes = readonly Readonly<Record<string, unknown>>[];

/** Reads log4j2's XML. @throws Error with line and reason where it is no XML. */
export function elementsOfXml(text: string): Element[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    throw new Error(`line ${valid.err.line}: ${valid.err.msg}`);
  }
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
  });
  return elementsOfNodes(parser.parse(text) as Nodes);
}

function elementsOfNodes(nodes: Nodes): Element[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@');
    if (name === undefined || name.startsWith('#')) {
      return [];
    }
    const inner = node[name] as Nodes;
    const text = inner.map((child) => child['#text'] ?? '').join('');
    const attributes = lowerCased((node[':@'] ?? {}) as Record<string, string>);
    return [
      {
        name,
        attributes: text.trim() === '' ? attributes : { ...attributes, value: text },
        children: elementsOfNodes(inner),
      },
    ];
  });
}

function lowerCased(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** Reads what log4j2's JSON and YAML forms hold: objects are components, scalars their attributes. */
export function elementsOfObject(object: Readonly<Record<string, unknown>>): Element[] {
  return Object.entries(object).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isObject).map((component) => elementOfObject(name, component)),
  );
}

function elementOfObject(name: string, component: Readonly<Record<string, unknown>>): Element {
  const scalars = Object.entries(component).filter(([, value]) => !isObject(value) && !Array.isArray(value));
  return {
    name: typeof component['type'] === 'string' ? component['type'] : name,
    attributes: lowerCased(Object.fromEntries(scalars)),
    children: elementsOfObject(component),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a JSON or YAML document into an object. @throws Error where it holds none. */
export function objectOfYaml(text: string): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(parseYaml(text));
}

/** A dotted name's place: what stands there, and what stands below it. */
interface Branch {
  text: string | null;
  readonly below: Map<string, Branch>;
}

/** Reads log4j2's properties: dotted names are places in a tree, `type` names the component that stands there. */
export function elementsOfProperties(bytes: Uint8Array, file: string): Element[] {
  const root: Branch = { text: null, below: new Map() };
  for (const { key, value } of parseProperties(bytes, file)) {
    let place = root;
    for (const part of key.split('.')) {
      const next = place.below.get(part) ?? { text: null, below: new Map() };
      place.below.set(part, next);
      place = next;
    }
    place.text = value.trim();
  }
  const named = (name: string) => root.below.get(name);
  const group = (
    name: string,
    branch: Branch | undefined,
    element: (branch: Branch, key: string) => Element,
  ): Element => ({
    name,
    attributes: {},
    children: [...(branch?.below ?? [])]
      .filter(([, { below }]) => below.size > 0)
      .map(([key, child]) => element(child, key)),
  });
  const properties: Element[] = [...(named('property')?.below ?? [])].map(([name, { text }]) => ({
    name: 'Property',
    attributes: { name, value: text ?? '' },
    children: [],
  }));
  const loggers = group('Loggers', named('logger'), (branch) => loggerOf('Logger', branch));
  const rootLogger = named('rootLogger');
  return [
    {
      name: 'Configuration',
      attributes: {},
      children: [
        { name: 'Properties', attributes: {}, children: properties },
        group('Appenders', named('appender'), (branch) => component('Appender', branch)),
        {
          ...loggers,
          children: [...loggers.children, ...(rootLogger === undefined ? [] : [loggerOf('Root', rootLogger)])],
        },
      ],
    },
  ];
}

function component(fallback: string, branch: Branch): Element {
  const attributes: Record<string, string> = {};
  const children: Element[] = [];
  for (const [name, child] of branch.below) {
    if (child.text !== null && name !== 'type') {
      attributes[name.toLowerCase()] = child.text;
    }
    if (child.below.size > 0) {
      children.push(component(name, child));
    }
  }
  return { name: branch.below.get('type')?.text ?? fallback, attributes, children };
}

/** A logger: `logger.x = level, APPENDER` in short, or `logger.x.level`, `logger.x.appenderRef.y.ref`. */
function loggerOf(name: 'Logger' | 'Root', branch: Branch): Element {
  const { attributes } = component(name, branch);
  const [level, ...short] = branch.text?.split(',').map((word) => word.trim()) ?? [];
  const refs = [...(branch.below.get('appenderRef')?.below.values() ?? [])].map((ref) => component('AppenderRef', ref));
  return {
    name,
    attributes: level === undefined || level === '' ? attributes : { ...attributes, level },
    children: [
      ...refs.map((ref) => ({ ...ref, name: 'AppenderRef' })),
      ...short.map((ref) => ({ name: 'AppenderRef', attributes: { ref }, children: [] })),
    ],
  };
}
