import { X509Certificate } from 'node:crypto';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { Authority } from '@/lib/sandbox/tls/certificates';
import { presentedBy } from '@/lib/sandbox/tls/client-certificates';
import { renderTlsKubeconfig } from '@/lib/sandbox/tls/kubeconfig';

const authority = new Authority('orrery', Date.now());
let server: Server;

beforeAll(async () => {
  const { certificate, key } = authority.issue({ commonName: 'kube-apiserver' }, { server: ['127.0.0.1', '::1', 'localhost'] });
  server = createServer(
    { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => void response.end(JSON.stringify(presentedBy(request))),
  );
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', () => done()));
});

afterAll(() => void server.close());

function ask(identity: { certificate: string; key: string } | undefined, ca = authority.certificate): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const credentials = identity ? { cert: identity.certificate, key: identity.key } : {};
    httpsRequest({ host: '127.0.0.1', port, ca, agent: false, ...credentials }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part)).on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}

test('a client that trusts the authority trusts the server, by address and by name', async () => {
  expect(await ask(undefined)).toBe('none');
  await expect(ask(undefined, new Authority('other', Date.now()).certificate)).rejects.toThrow(/self.signed|unable to verify|signature/);
});

test("a client certificate's common name is the user, its organizations are the groups", async () => {
  expect(await ask(authority.issue({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }, 'client'))).toEqual({
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
  });
  expect(await ask(authority.issue({ commonName: 'jürgen', organizations: ['dev', 'ops'] }, 'client'))).toEqual({
    commonName: 'jürgen',
    organizations: ['dev', 'ops'],
  });
  expect(await ask(authority.issue({ commonName: 'loner' }, 'client'))).toEqual({ commonName: 'loner', organizations: [] });
});

test('a certificate that somebody else signed proves nothing', async () => {
  const other = new Authority('orrery', Date.now());
  expect(await ask(other.issue({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }, 'client'))).toBe('untrusted');
});

test('what is issued is valid X.509: for its purpose, for a year, by this authority', () => {
  const ca = new X509Certificate(authority.certificate);
  const client = new X509Certificate(authority.issue({ commonName: 'a' }, 'client').certificate);
  expect([ca.ca, client.ca, client.checkIssued(ca), client.verify(ca.publicKey)]).toEqual([true, false, true, true]);
  expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(new Date(client.validTo).getTime() - Date.now()).toBeGreaterThan(364 * 86_400_000);
  const late = new Authority('late', Date.UTC(2045, 0, 1));
  expect(new Date(new X509Certificate(late.certificate).validTo).getUTCFullYear()).toBe(2054);
});

test('a kubeconfig carries authority, certificate and key within it', () => {
  const identity = authority.issue({ commonName: 'a' }, 'client');
  const text = renderTlsKubeconfig({ server: 'https://127.0.0.1:1', cluster: 'c', user: 'u', authority: authority.certificate, identity });
  const { clusters, users, 'current-context': current } = parse(text);
  expect(current).toBe('u@c');
  expect(Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64').toString()).toBe(authority.certificate);
  expect(Buffer.from(users[0].user['client-key-data'], 'base64').toString()).toBe(identity.key);
});
