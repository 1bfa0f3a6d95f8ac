import type { ClusterView, NodeView, PodView, ServiceView } from '@/lib/cluster';
import { Glyph, Part } from '@/app/look/Glyph';
import { State } from '@/app/look/State';
import { cores, memory } from '@/app/look/format';
import { selectionOf, type Selection } from './ClusterFigure';
import { agentPart, shortPodName } from './cluster-layout';
import styles from '../workspace/ClusterPane.module.css';

/** What is known of the thing pointed at; with nothing pointed at, why the first unhappy Pod is unhappy. */
export function Explanation({ view, selected }: { view: ClusterView; selected: Selection | undefined }) {
  const pod = view.pods.find((one) => selectionOf.pod(one) === selected);
  if (pod) return <AboutPod pod={pod} view={view} />;
  const node = view.nodes.find((one) => selectionOf.node(one.name) === selected);
  if (node) return <AboutNode node={node} />;
  const service = view.services.find((one) => selectionOf.service(one) === selected);
  if (service) return <AboutService service={service} />;
  const unhappy = view.pods.find((one) => one.reason && !one.isReady && one.status !== 'Completed');
  return unhappy ? <Why pod={unhappy} /> : null;
}

function Why({ pod }: { pod: PodView }) {
  return (
    <div className={styles.note} data-why={pod.name}>
      <h3>
        Why is {shortPodName(pod)} {pod.status}?
      </h3>
      <Reason pod={pod} />
    </div>
  );
}

function Reason({ pod }: { pod: PodView }) {
  if (!pod.reason) return null;
  return (
    <>
      <p style={{ marginTop: 4 }}>
        {pod.node ? (
          <>
            The <Part id="klt">kubelet</Part> on {pod.node} says:
          </>
        ) : (
          <>
            The <Part id="sch">scheduler</Part> says:
          </>
        )}
      </p>
      <blockquote>{pod.reason}</blockquote>
    </>
  );
}

function AboutPod({ pod, view }: { pod: PodView; view: ClusterView }) {
  const about = view.events.filter((event) => event.object === `Pod/${pod.name}`).slice(0, 3);
  return (
    <div className={styles.note}>
      <h3>
        <Glyph part={agentPart(pod) ?? 'pod'} size={16} />
        {pod.name}
      </h3>
      {pod.isReady ? null : <Reason pod={pod} />}
      <dl className={styles.facts}>
        <dt>Status</dt>
        <dd>
          <State status={pod.status} /> {pod.ready} ready{pod.restarts ? `, ${pod.restarts} restarts` : ''}
        </dd>
        <dt>Namespace</dt>
        <dd>
          <code>{pod.namespace}</code>
        </dd>
        <dt>Node</dt>
        <dd>
          <code>{pod.node ?? 'none yet'}</code>
        </dd>
        <dt>Address</dt>
        <dd>
          <code>{pod.ip ?? 'none yet'}</code>
        </dd>
        <dt>Made by</dt>
        <dd>
          <code>{pod.owner ?? 'you, directly'}</code>
        </dd>
        <dt>Labels</dt>
        <dd>
          <code>
            {Object.entries(pod.labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(', ') || 'none'}
          </code>
        </dd>
        {about.map((event) => (
          <div key={event.uid} style={{ display: 'contents' }}>
            <dt>{event.reason}</dt>
            <dd>{event.message}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function AboutNode({ node }: { node: NodeView }) {
  return (
    <div className={styles.note}>
      <h3>
        <Glyph part="klt" size={16} />
        {node.name}
      </h3>
      <dl className={styles.facts}>
        <dt>Status</dt>
        <dd>
          <State status={node.status} />
          {node.isUp ? '' : ' The machine is off.'}
        </dd>
        <dt>Roles</dt>
        <dd>{node.roles.join(', ') || 'none'}</dd>
        <dt>Taints</dt>
        <dd>
          <code>{node.taints.join(', ') || 'none'}</code>
        </dd>
        <dt>CPU</dt>
        <dd>
          {cores(node.cpu.requestedMillis)} of {cores(node.cpu.allocatableMillis)} cores asked
        </dd>
        <dt>Memory</dt>
        <dd>{memory(node.memory.requestedBytes, node.memory.allocatableBytes)} asked</dd>
      </dl>
    </div>
  );
}

function AboutService({ service }: { service: ServiceView }) {
  return (
    <div className={styles.note}>
      <h3>
        <Glyph part="svc" size={16} />
        {service.name}
      </h3>
      <dl className={styles.facts}>
        <dt>Type</dt>
        <dd>{service.type}</dd>
        <dt>Address</dt>
        <dd>
          <code>
            {service.clusterIp} {service.ports.join(', ')}
          </code>
        </dd>
        <dt>Selects</dt>
        <dd>
          <code>
            {Object.entries(service.selector)
              .map(([key, value]) => `${key}=${value}`)
              .join(', ') || 'nothing'}
          </code>
        </dd>
        <dt>Endpoints</dt>
        <dd>
          <code>{service.endpoints.map((endpoint) => endpoint.split('/')[1]).join(', ') || 'none ready'}</code>
        </dd>
      </dl>
    </div>
  );
}
