import { Desk } from '../../support/kubectl';
import { freshCluster } from '../../support/template';

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: crontabs.stable.example.com }
spec:
  group: stable.example.com
  scope: Namespaced
  names: { plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all] }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              description: What is wanted.
              required: [cronSpec]
              properties:
                cronSpec: { type: string, description: When to run. }
                replicas: { type: integer, default: 1 }
      subresources: { scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas } }
      additionalPrinterColumns:
        - { name: Spec, type: string, jsonPath: .spec.cronSpec }
        - { name: Replicas, type: integer, jsonPath: .spec.replicas }
`;
const crontab = `
apiVersion: stable.example.com/v1
kind: CronTab
metadata: { name: nightly }
spec: { cronSpec: "0 3 * * *" }
`;

function desk(): Desk {
  const cluster = freshCluster();
  cluster.kernel.runUntilIdle();
  return new Desk(cluster, { '/home/learner/crd.yaml': definition, '/home/learner/ct.yaml': crontab });
}

test('kubectl knows a custom kind as soon as it is established', async () => {
  const at = desk();
  expect((await at.run('apply -f crd.yaml')).stdout).toBe(
    'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com created\n',
  );
  expect((await at.run('wait --for=condition=Established crd/crontabs.stable.example.com')).stdout).toContain('condition met');
  expect((await at.run('apply -f ct.yaml')).stdout).toBe('crontab.stable.example.com/nightly created\n');
  expect((await at.run('get ct')).stdout).toBe('NAME      SPEC        REPLICAS\nnightly   0 3 * * *   1\n');
  expect((await at.run('get all')).stdout).toContain('crontab.stable.example.com/nightly');
  expect((await at.run('api-resources --api-group=stable.example.com')).stdout).toMatch(
    /crontabs +ct +stable\.example\.com\/v1 +true +CronTab/,
  );
  expect((await at.run('scale ct nightly --replicas=3')).stdout).toBe('crontab.stable.example.com/nightly scaled\n');
  expect((await at.run('get crontab nightly -o jsonpath={.spec.replicas}')).stdout).toBe('3');
});

test('kubectl explains the fields of a custom kind', async () => {
  const at = desk();
  await at.run('apply -f crd.yaml');
  await at.run('wait --for=condition=Established crd/crontabs.stable.example.com');
  expect((await at.run('explain ct.spec')).stdout).toContain('cronSpec\t<string> -required-\n    When to run.');
});

test('kubectl deletes a definition with its objects, and then does not know the kind', async () => {
  const at = desk();
  await at.run('apply -f crd.yaml');
  await at.run('wait --for=condition=Established crd/crontabs.stable.example.com');
  await at.run('apply -f ct.yaml');
  expect((await at.run('delete crd crontabs.stable.example.com')).stdout).toContain('deleted');
  expect((await at.run('get ct')).stderr).toContain(`the server doesn't have a resource type "ct"`);
});
