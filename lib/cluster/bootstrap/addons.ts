import { addresses, versions } from './addresses';
import { kubeadmPolicy } from './kubeadm-policy';
import { stringify } from 'yaml';

/** The add-ons `kubeadm init phase addon` creates, in its order, as objects to POST to their collections. */
export function addonObjects(server: string): readonly { readonly path: string; readonly body: object }[] {
  const core = '/api/v1/namespaces/kube-system';
  const apps = '/apis/apps/v1/namespaces/kube-system';
  return [
    ...kubeadmPolicy,
    { path: `${core}/serviceaccounts`, body: serviceAccount('coredns') },
    { path: `${core}/configmaps`, body: { ...meta('v1', 'ConfigMap', 'coredns'), data: { Corefile: corefile } } },
    { path: `${core}/services`, body: dnsService },
    { path: `${apps}/deployments`, body: corednsDeployment },
    { path: `${core}/serviceaccounts`, body: serviceAccount('kube-proxy') },
    { path: `${core}/configmaps`, body: proxyConfigMap(server) },
    { path: `${apps}/daemonsets`, body: proxyDaemonSet },
  ];
}

function meta(apiVersion: string, kind: string, name: string, more: object = {}) {
  return { apiVersion, kind, metadata: { name, namespace: 'kube-system', ...more } };
}

function serviceAccount(name: string): object {
  return meta('v1', 'ServiceAccount', name);
}

const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${addresses.clusterDomain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${addresses.clusterDomain}
       disable denial ${addresses.clusterDomain}
    }
    loop
    reload
    loadbalance
}
`;

const dnsLabels = { 'k8s-app': 'kube-dns' };

const dnsService = {
  ...meta('v1', 'Service', 'kube-dns', {
    annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    labels: { ...dnsLabels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
  }),
  spec: {
    clusterIP: addresses.dnsService,
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
    ],
    selector: dnsLabels,
  },
};

const corednsDeployment = {
  ...meta('apps/v1', 'Deployment', 'coredns', { labels: dnsLabels }),
  spec: {
    replicas: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    selector: { matchLabels: dnsLabels },
    template: {
      metadata: { labels: dnsLabels },
      spec: {
        priorityClassName: 'system-cluster-critical',
        serviceAccountName: 'coredns',
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: {
                  labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
                  topologyKey: 'kubernetes.io/hostname',
                },
              },
            ],
          },
        },
        tolerations: [
          { key: 'CriticalAddonsOnly', operator: 'Exists' },
          { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
        ],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        containers: [
          {
            name: 'coredns',
            image: `registry.k8s.io/coredns/coredns:${versions.coredns}`,
            imagePullPolicy: 'IfNotPresent',
            resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
            args: ['-conf', '/etc/coredns/Corefile'],
            volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
            ports: [
              { containerPort: 53, name: 'dns', protocol: 'UDP' },
              { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
              { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
              { containerPort: 8080, name: 'liveness-probe', protocol: 'TCP' },
              { containerPort: 8181, name: 'readiness-probe', protocol: 'TCP' },
            ],
            livenessProbe: {
              httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
              initialDelaySeconds: 60,
              timeoutSeconds: 5,
              successThreshold: 1,
              failureThreshold: 5,
            },
            readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
              readOnlyRootFilesystem: true,
            },
          },
        ],
        dnsPolicy: 'Default',
        volumes: [{ name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } }],
      },
    },
  },
};

function proxyConfigMap(server: string): object {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ cluster: { 'certificate-authority': '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt', server }, name: 'default' }],
    contexts: [{ context: { cluster: 'default', namespace: 'default', user: 'default' }, name: 'default' }],
    'current-context': 'default',
    users: [{ name: 'default', user: { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' } }],
  };
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    bindAddress: '0.0.0.0',
    clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
    clusterCIDR: addresses.podCidr,
    kind: 'KubeProxyConfiguration',
    mode: '',
  };
  return {
    ...meta('v1', 'ConfigMap', 'kube-proxy', { labels: { app: 'kube-proxy' } }),
    data: { 'config.conf': stringify(config), 'kubeconfig.conf': stringify(kubeconfig) },
  };
}

const proxyLabels = { 'k8s-app': 'kube-proxy' };

const proxyDaemonSet = {
  ...meta('apps/v1', 'DaemonSet', 'kube-proxy', { labels: proxyLabels }),
  spec: {
    selector: { matchLabels: proxyLabels },
    updateStrategy: { type: 'RollingUpdate' },
    template: {
      metadata: { labels: proxyLabels },
      spec: {
        priorityClassName: 'system-node-critical',
        containers: [
          {
            name: 'kube-proxy',
            image: `registry.k8s.io/kube-proxy:${versions.kubernetes}`,
            imagePullPolicy: 'IfNotPresent',
            command: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'],
            securityContext: { privileged: true },
            volumeMounts: [
              { mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' },
              { mountPath: '/run/xtables.lock', name: 'xtables-lock', readOnly: false },
              { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true },
            ],
            env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
          },
        ],
        hostNetwork: true,
        serviceAccountName: 'kube-proxy',
        volumes: [
          { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
          { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
          { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
        ],
        tolerations: [{ operator: 'Exists' }],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
      },
    },
  },
};
