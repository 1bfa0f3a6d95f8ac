import { medianMs, type BenchRow } from '../row';
import { deploy, runUntilReady, sandbox } from '../support';

/** A sandbox whose components have all taken up their work. */
function settled() {
  const cluster = sandbox();
  cluster.kernel.runUntilIdle();
  return cluster;
}

function deployRow(replicas: number, mark?: BenchRow['mark']): BenchRow {
  return {
    key: `deploy${replicas}Ms`,
    title: `A Deployment of ${replicas} until all are Ready, at full speed`,
    unit: 'ms',
    ...(mark ? { mark } : {}),
    measure: () => {
      const clusters = Array.from({ length: 30 }, settled);
      return medianMs(
        () => {
          const cluster = clusters.pop() as (typeof clusters)[number];
          deploy(cluster, 'web', replicas);
          runUntilReady(cluster, 'web', replicas);
        },
        { runs: 9, warmUps: 20 },
      );
    },
  };
}

export const deploy3 = deployRow(3, { value: 41, of: 'webernetes 0.3.5' });
export const deploy50 = deployRow(50);
