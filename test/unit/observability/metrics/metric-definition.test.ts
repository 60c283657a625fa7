import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseMetricDefinitions,
  readMetricDefinitions,
} from '../../../../src/observability/metrics/metric-definition.js';
import { projectRoot } from '../../../support/release.js';

const parse = (text: string) => parseMetricDefinitions(text, 'm.yaml');

describe('metrics.yaml', () => {
  it('that comes with the server lists what TorchServe lists', () => {
    const { server, model, warnings } = readMetricDefinitions(
      join(projectRoot, 'python_backend/ts/configs/metrics.yaml'),
    );
    const shown = [...server, ...model].map(
      ({ name, type, unit, dimensions }) => `${name} ${type} ${unit} ${dimensions.join(',')}`,
    );
    expect(warnings).toEqual([]);
    expect(shown.sort()).toEqual([
      'CPUUtilization gauge Percent Level,Hostname',
      'DiskAvailable gauge Gigabytes Level,Hostname',
      'DiskUsage gauge Gigabytes Level,Hostname',
      'DiskUtilization gauge Percent Level,Hostname',
      'GPUMemoryUsed gauge Megabytes Level,DeviceId,Hostname',
      'GPUMemoryUtilization gauge Percent Level,DeviceId,Hostname',
      'GPUUtilization gauge Percent Level,DeviceId,Hostname',
      'HandlerTime gauge ms ModelName,Level,Hostname',
      'MemoryAvailable gauge Megabytes Level,Hostname',
      'MemoryUsed gauge Megabytes Level,Hostname',
      'MemoryUtilization gauge Percent Level,Hostname',
      'PredictionTime gauge ms ModelName,Level,Hostname',
      'QueueTime gauge Milliseconds Level,Hostname',
      'Requests2XX counter Count Level,Hostname',
      'Requests4XX counter Count Level,Hostname',
      'Requests5XX counter Count Level,Hostname',
      'WorkerLoadTime gauge Milliseconds WorkerName,Level,Hostname',
      'WorkerThreadTime gauge Milliseconds Level,Hostname',
      'ts_inference_latency_microseconds counter Microseconds model_name,model_version,hostname',
      'ts_inference_requests_total counter Count model_name,model_version,hostname',
      'ts_queue_latency_microseconds counter Microseconds model_name,model_version,hostname',
    ]);
  });

  it('may be empty, or have empty parts', () => {
    expect(parse('')).toEqual({ server: [], model: [], warnings: [] });
    expect(parse('ts_metrics:\nmodel_metrics:\n  gauge:\n')).toEqual({ server: [], model: [], warnings: [] });
  });

  it('with keys that mean nothing is used all the same, and they are told', () => {
    const { server, warnings } = parse(
      'version: 1\nts_metrics:\n  counter: [{name: A, unit: Count, dimensions: [Hostname], help: x}]\n  summary: []\n',
    );
    expect(server).toEqual([{ name: 'A', type: 'counter', unit: 'Count', dimensions: ['Hostname'] }]);
    expect(warnings).toEqual([
      'metrics_config m.yaml: version means nothing here; known are dimensions, ts_metrics, model_metrics.',
      'metrics_config m.yaml: ts_metrics.summary means nothing here; known are counter, gauge, histogram.',
      'metrics_config m.yaml: ts_metrics.counter[0].help means nothing here; known are name, unit, dimensions.',
    ]);
  });

  it('that defines a metric twice warns, and the last one holds', () => {
    const { model, warnings } = parse(
      'model_metrics: {counter: [{name: A, unit: x, dimensions: []}], gauge: [{name: A, unit: y, dimensions: []}]}',
    );
    expect(model).toEqual([{ name: 'A', type: 'gauge', unit: 'y', dimensions: ['Hostname'] }]);
    expect(warnings).toEqual(['metrics_config m.yaml: model_metrics defines A twice; the last definition holds.']);
  });

  it.each([
    ['a: [', /^metrics_config m\.yaml is no valid YAML: .*line 1/],
    ['a: *nothing', /^metrics_config m\.yaml is no valid YAML: .*nothing/],
    ['- 1', /^metrics_config m\.yaml: the file has to be a mapping/],
    ['ts_metrics: 7', /ts_metrics has to be a mapping of counter, gauge and histogram to lists\.$/],
    ['ts_metrics: {gauge: [7]}', /ts_metrics\.gauge\[0\] has to be a mapping of name, unit and dimensions\.$/],
    [
      'ts_metrics: {gauge: [{name: "", unit: x, dimensions: []}]}',
      /ts_metrics\.gauge\[0\]\.name has to be text that is not empty\.$/,
    ],
    [
      'ts_metrics: {gauge: [{name: A, dimensions: []}]}',
      /ts_metrics\.gauge\[0\]\.unit has to be text that is not empty\.$/,
    ],
    [
      'model_metrics: {gauge: [{name: A, unit: x}]}',
      /model_metrics\.gauge\[0\]\.dimensions has to be a list of names\.$/,
    ],
  ])('%s keeps the server from starting, with the place of the mistake', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('that is not there keeps the server from starting', () => {
    expect(() => readMetricDefinitions('/nowhere/m.yaml')).toThrow(
      /^Cannot read metrics_config=\/nowhere\/m\.yaml: ENOENT/,
    );
  });
});
