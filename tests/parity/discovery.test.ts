import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiBench } from '../support/api-server';
import { describeRecorded } from '../support/recordings';

const json = { accept: 'application/json' };
const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };

describeRecorded('what an API server tells about itself is what a v1.36 API server told', 'discovery', (folder) => {
  const bench = new ApiBench();
  const recorded = (name: string) => {
    const file = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { body?: unknown; status?: number };
    return file.body ?? file;
  };
  const answer = (path: string, headers: Record<string, string> = json) => {
    const { body } = bench.send('GET', path, undefined, headers);
    return typeof body === 'string' ? body : (JSON.parse(JSON.stringify(body)) as unknown);
  };

  const documents = readdirSync(folder)
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => /^apis?_/.test(name) && !name.includes('example.com'));

  test.each(documents)('%s', (name) => {
    expect(answer(`/${name.replaceAll('_', '/')}`)).toEqual(recorded(name));
  });

  test('the list of groups, in the order of preference', () => {
    const { groups } = recorded('apis') as { groups: { name: string }[] };
    const ours = answer('/apis') as { groups: object[] };
    expect(ours.groups).toEqual(groups.filter(({ name }) => name !== 'example.com'));
  });

  test.each([
    ['/api', 'aggregatedapi-v2'],
    ['/apis', 'aggregatedapis-v2'],
  ])('%s in one document', (path, name) => {
    const theirs = recorded(name) as { items: { metadata: { name?: string } }[] };
    const items = theirs.items.filter(({ metadata }) => metadata.name !== 'example.com');
    expect(timeless(answer(path, aggregated))).toEqual(timeless({ ...theirs, items }));
  });

  test('an old form of it is not acceptable', () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';
    expect(answer('/apis', { accept })).toEqual(recorded('aggregatedapis-v2beta1'));
  });

  test('every path', () => {
    const theirs = (recorded('root') as { paths: string[] }).paths.filter((path) => !path.includes('example.com') && path !== '/flagz');
    expect((answer('/') as { paths: string[] }).paths).toEqual(theirs);
  });

  test.each(['healthz', 'livez', 'readyz'])('/%s?verbose', (endpoint) => {
    expect(answer(`/${endpoint}?verbose`, {})).toBe(recorded(`${endpoint}_verbose`));
  });

  test('where the schemas are', () => {
    const theirs = Object.keys((recorded('openapi_v3') as { paths: object }).paths).filter((path) => !path.includes('example.com'));
    expect(Object.keys((answer('/openapi/v3') as { paths: object }).paths)).toEqual(theirs);
  });

  test('keys are not JSON', () => {
    expect(answer('/openid/v1/jwks')).toEqual(recorded('openid_v1_jwks'));
  });
});

/** Aggregated documents say when a resource was seen last. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, one: unknown) => (key === 'creationTimestamp' ? undefined : one)));
}
