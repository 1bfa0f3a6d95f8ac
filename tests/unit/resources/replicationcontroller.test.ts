import { ApiBench } from '../../support/api-server';
import { defaulted, prepared, refusalOf, rowOf } from '../../support/objects';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } };
const controller = (spec: object = {}) => ({ metadata: { name: 'web' }, spec: { template, ...spec } });

test('a ReplicationController selects by the labels of its template unless told otherwise', () => {
  const { metadata, spec } = defaulted('ReplicationController', controller());
  expect(spec).toMatchObject({ replicas: 1, selector: { app: 'web' } });
  expect(metadata.labels).toEqual({ app: 'web' });
});

test.each([
  [
    { selector: { app: 'other' } },
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [{ template: undefined }, '[spec.selector: Required value, spec.template: Required value]'],
])('a ReplicationController with %j is refused', (spec, sentence) => {
  expect(refusalOf('ReplicationController', controller(spec))).toBe(`ReplicationController "web" is invalid: ${sentence}`);
});

test('the scale of a ReplicationController tells its plain selector', () => {
  const bench = new ApiBench();
  bench.kernel.runFor(1000);
  const path = '/api/v1/namespaces/default/replicationcontrollers';
  bench.create(path, controller({ replicas: 2 }));
  expect(bench.get(`${path}/web/scale`)).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 0, selector: 'app=web' } });
});

test('kubectl get podtemplates shows what the Pods would be', () => {
  expect(rowOf('PodTemplate', prepared('PodTemplate', { metadata: { name: 't' }, template }))).toEqual({
    Name: 't',
    Containers: 'web',
    Images: 'nginx:1.27',
    'Pod Labels': 'app=web',
  });
});
