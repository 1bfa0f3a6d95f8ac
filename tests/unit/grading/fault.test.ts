import { z } from 'zod';
import { faultForms, happen, Observer, runChecks, type Fault } from '@/lib/grading';
import { parseLab } from '@/lib/labs';
import { freshCluster } from '@/tests/support/template';
import { smallLab } from '@/tests/support/lab-folders';

const read = (fault: unknown): Fault => z.union(faultForms).parse(fault);

test('links are cut, disturbed and mended both ways, or one way where the author says so', () => {
  const cluster = freshCluster();
  const connect = (from: string, to: string) =>
    cluster.network.connect(cluster.network.host(from), cluster.machine(to).ip, 10250, { timeoutMs: 5_000 });
  expect(connect('cp-1', 'worker-1')).toEqual({ type: 'open', tookMs: 1 });
  happen(cluster, read({ disturb: { from: 'cp-1', to: ['worker-1', 'worker-2'], delay: '40ms' } }));
  expect(connect('cp-1', 'worker-1')).toEqual({ type: 'open', tookMs: 81 });
  expect(connect('worker-2', 'cp-1')).toMatchObject({ type: 'open', tookMs: 81 });
  happen(cluster, read({ disturb: { from: 'cp-1', to: 'worker-1', oneWay: true, loss: 1 } }));
  expect(connect('cp-1', 'worker-1')).toEqual({ type: 'timeout', tookMs: 5_000 });
  happen(cluster, read({ mend: { from: 'cp-1', to: ['worker-1', 'worker-2'] } }));
  expect(connect('cp-1', 'worker-1')).toEqual({ type: 'open', tookMs: 1 });
  happen(cluster, read({ cut: { from: ['cp-1'], to: ['worker-1'] } }));
  expect(connect('cp-1', 'worker-1').type).toBe('timeout');
  expect(connect('cp-1', 'worker-2').type).toBe('open');
});

test('a machine may join, be lost and come back', () => {
  const cluster = freshCluster();
  happen(cluster, read({ join: { node: 'worker-3' } }));
  cluster.kernel.runUntilIdle({ limitMs: 60_000 });
  expect(cluster.asAdmin('test')({ method: 'GET', url: '/api/v1/nodes/worker-3', headers: {} }).status).toBe(200);
  happen(cluster, read({ crash: { node: 'worker-3' } }));
  expect(cluster.machine('worker-3').isUp).toBe(false);
  happen(cluster, read({ boot: { node: 'worker-3' } }));
  expect(cluster.machine('worker-3').isUp).toBe(true);
});

test('an experiment tells what it did to links, and that a machine it names is not there', () => {
  const results = (step: string) =>
    runChecks(parseLab(smallLab(`- id: one\n  experiment: { do: [${step}], then: [{ cel: 'true' }] }`)), new Observer(freshCluster()), {
      isSubmission: true,
    })[0];
  expect(results('{ cut: { from: cp-1, to: [worker-1, worker-2] } }')).toMatchObject({
    verdict: 'pass',
    message: 'It held on a copy: cut cp-1 off from worker-1 and worker-2.',
  });
  expect(results('{ disturb: { from: worker-1, to: worker-2, delay: 100ms, loss: 0.1, oneWay: true } }')).toMatchObject({
    message: 'It held on a copy: make the way from worker-1 to worker-2 slower by 0.1 s, lose 10 %.',
  });
  expect(results('{ cut: { from: cp-1, to: cp-9 } }')).toMatchObject({ verdict: 'not-yet', message: 'There is no node cp-9.' });
  expect(results('{ join: { node: worker-1 } }')).toMatchObject({ verdict: 'not-yet', message: 'There is a node worker-1 already.' });
});

test('a lab plans such faults in lab.yaml, for clusters of one to five control planes', () => {
  const source = smallLab('- { id: one, cel: "true" }');
  const yaml = `${source.files['lab.yaml']}cluster: { topology: { controlPlanes: 5 }, faults: [{ at: 30s, disturb: { from: cp-1, to: cp-2, loss: 0.2 } }, { at: 1m, mend: { from: cp-1, to: cp-2 } }] }\n`;
  const lab = parseLab({ ...source, files: { ...source.files, 'lab.yaml': yaml } });
  expect(lab.cluster.topology.controlPlanes).toBe(5);
  expect(lab.cluster.faults).toEqual([
    { at: 30_000, disturb: { from: ['cp-1'], to: ['cp-2'], oneWay: false, loss: 0.2 } },
    { at: 60_000, mend: { from: ['cp-1'], to: ['cp-2'], oneWay: false } },
  ]);
});
