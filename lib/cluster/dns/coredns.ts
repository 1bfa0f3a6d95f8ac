import type { V1EndpointSlice, V1Namespace, V1Service } from '@/generated/kubernetes/types';
import { Client, Informer } from '../client';
import type { DnsAnswer, DnsQuery } from '../network/types';
import { EndpointSlice, Namespace, Service } from '../resources';
import type { Daemon, DaemonContext } from '../runtime/program';
import { CorefileError, parseCorefile, type Directive, type ServerBlock } from './corefile';
import { answerQuery, type DnsSource } from './records';

/** CoreDNS 1.12 with the plugins a cluster's Corefile names. Names outside the cluster's zone have no upstream here: SERVFAIL. */
export const coredns: Daemon = {
  start(context) {
    const blocks = readCorefile(context);
    if (!blocks) return { stop() {} };
    const source = new InformedSource(context);
    const plugin = (name: string) => blocks.flatMap((block) => block.directives).find((directive) => directive.name === name);
    for (const port of new Set(blocks.flatMap((block) => block.zones.map((zone) => zone.port)))) {
      const dns = (query: DnsQuery) => route(blocks, port, query, source);
      context.listen(port, 'UDP', { dns });
      context.listen(port, 'TCP', { dns });
    }
    if (plugin('health')) context.listen(portOf(plugin('health')?.args[0], 8080), 'TCP', { http: () => plain(200, 'OK') });
    if (plugin('ready'))
      context.listen(portOf(plugin('ready')?.args[0], 8181), 'TCP', {
        http: () => (source.hasSynced ? plain(200, 'OK') : plain(503, 'kubernetes')),
      });
    for (const { zone, port } of blocks.flatMap((block) => block.zones)) context.log(`${zone || '.'}:${port}`);
    context.log('CoreDNS-1.12.4');
    context.log('linux/amd64, go1.24.1, ');
    return { stop: () => source.stop() };
  },
};

function readCorefile({ argv, files, exit }: DaemonContext): readonly ServerBlock[] | undefined {
  const flag = argv.indexOf('-conf');
  const path = flag < 0 ? '/Corefile' : (argv[flag + 1] ?? '');
  const text = files.read(path);
  if (text === undefined) return void exit(1, `open ${path}: no such file or directory`);
  try {
    return parseCorefile(text);
  } catch (error) {
    if (error instanceof CorefileError) return void exit(1, error.message);
    throw error;
  }
}

function route(blocks: readonly ServerBlock[], port: number, query: DnsQuery, source: InformedSource): DnsAnswer {
  const name = query.name.toLowerCase().replace(/\.$/, '');
  const block = blocks
    .flatMap((candidate) => candidate.zones.map((zone) => ({ candidate, ...zone })))
    .filter((zone) => zone.port === port && isWithin(name, zone.zone))
    .sort((a, b) => b.zone.length - a.zone.length)[0]?.candidate;
  if (!block) return { rcode: 'REFUSED', answers: [] };
  const kubernetes = block.directives.find((directive) => directive.name === 'kubernetes');
  const zone = kubernetes?.args.find((candidate) => isWithin(name, candidate));
  if (!kubernetes || !zone) return { rcode: 'SERVFAIL', answers: [] };
  if (!source.hasSynced) return { rcode: 'SERVFAIL', answers: [] };
  return answerQuery(source, query.type === 'PTR' ? (kubernetes.args[0] as string) : zone, { ...query, name }, ttlOf(kubernetes));
}

function isWithin(name: string, zone: string): boolean {
  return zone === '' || zone === '.' || name === zone || name.endsWith(`.${zone}`);
}

/** The plugin's own default is 5 s. */
function ttlOf(kubernetes: Directive): number {
  return Number(kubernetes.options.find(([name]) => name === 'ttl')?.[1] ?? 5);
}

function portOf(address: string | undefined, fallback: number): number {
  return Number(/:(\d+)$/.exec(address ?? '')?.[1] ?? fallback);
}

function plain(status: number, body: string) {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

class InformedSource implements DnsSource {
  readonly #namespaces: Informer<V1Namespace>;
  readonly #services: Informer<V1Service>;
  readonly #slices: Informer<V1EndpointSlice>;

  constructor({ kernel, transport }: DaemonContext) {
    const client = new Client({ transport: transport(), actor: 'coredns' });
    this.#namespaces = new Informer({ kernel, client, resource: Namespace });
    this.#services = new Informer({ kernel, client, resource: Service });
    this.#slices = new Informer({ kernel, client, resource: EndpointSlice });
    this.#services.addIndex('ip', (service) => (service.spec.clusterIPs ?? []).filter((ip) => ip !== 'None'));
    this.#slices.addIndex('service', (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name']}`]);
    for (const informer of this.#all()) informer.start();
  }

  #all(): { start(): void; stop(): void; readonly hasSynced: boolean }[] {
    return [this.#namespaces, this.#services, this.#slices];
  }

  get hasSynced(): boolean {
    return this.#all().every((informer) => informer.hasSynced);
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.get(name) !== undefined;
  }

  findService(namespace: string, name: string): V1Service | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  slicesOf(namespace: string, service: string): readonly V1EndpointSlice[] {
    return this.#slices.byIndex('service', `${namespace}/${service}`);
  }

  findServiceByIp(ip: string): V1Service | undefined {
    return this.#services.byIndex('ip', ip)[0];
  }

  stop(): void {
    for (const informer of this.#all()) informer.stop();
  }
}
