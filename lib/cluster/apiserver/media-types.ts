import { memo } from '@/lib/base';
import { failure } from '../api';

/** How an answer is to be shown. */
export type Rendering =
  | { readonly as: 'object'; readonly format: 'json' | 'yaml' }
  | { readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'; readonly format: 'json' | 'yaml' };

const plain: Rendering = { as: 'object', format: 'json' };
const shown = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];

const served = ['*/*', 'application/*', 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/** The clauses of an `Accept` header, best first. */
const parseAccept = memo(
  (header): readonly MediaType[] =>
    header
      .split(',')
      .map(parseMediaType)
      .sort((a, b) => b.quality - a.quality),
  { max: 100, lengthMax: 1024 },
);

function parseMediaType(text: string): MediaType {
  const [type = '', ...pairs] = text.split(';').map((part) => part.trim());
  const parameters = Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name.trim(), value.trim()];
    }),
  );
  return { type: type.toLowerCase(), parameters, quality: Number(parameters['q'] ?? 1) };
}

/**
 * Picks the first clause that can be served (`negotiation.NegotiateOutputMediaType`); protobuf is not, so a client that
 * offers JSON too gets JSON. Throws 406.
 */
export function negotiate(accept: string | undefined): Rendering {
  if (!accept || accept === 'application/json' || accept === '*/*') return plain;
  for (const clause of parseAccept(accept)) {
    const rendering = renderingOf(clause);
    if (rendering) return rendering;
  }
  if (!parseAccept(accept).some(({ type }) => served.includes(type))) throw notAcceptable();
  throw failure(406, 'NotAcceptable', `only the following media types are accepted: ${shown.slice(0, 3).join(', ')}`);
}

function renderingOf({ type, parameters }: MediaType): Rendering | undefined {
  const format =
    type === 'application/json' || type === '*/*' || type === 'application/*' ? 'json' : type === 'application/yaml' ? 'yaml' : undefined;
  if (!format) return undefined;
  const { as, g, v, stream } = parameters;
  if (stream !== undefined && stream !== 'watch') return undefined;
  if (as === undefined) return { as: 'object', format };
  if (g !== 'meta.k8s.io' || v !== 'v1') return undefined;
  return as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? { as, format } : undefined;
}

/** The one media type of watches; YAML has no frames. */
export function negotiateStream(accept: string | undefined): Rendering {
  const rendering = negotiate(accept);
  if (rendering.format === 'json') return rendering;
  throw failure(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  );
}

/** What the router says before anything is looked at. */
function notAcceptable() {
  return failure(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${shown.join(', ')}`, {});
}

/** Whether discovery may be answered in one aggregated document. */
export function acceptsAggregatedDiscovery(accept: string | undefined): boolean {
  return parseAccept(accept ?? '').some(
    ({ type, parameters: { g, v, as } }) =>
      type === 'application/json' && g === 'apidiscovery.k8s.io' && v === 'v2' && as === 'APIGroupDiscoveryList',
  );
}
