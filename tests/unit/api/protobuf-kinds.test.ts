import { readProtobuf } from '@/lib/cluster/api';

const text = (value: string) => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: number[]) => [(number << 3) | 2, bytes.length, ...bytes];

test('a client of certificates may write protobuf', () => {
  const condition = [...field(1, text('Approved')), ...field(2, text('Checked')), ...field(6, text('True'))];
  const bytes = [
    ...field(1, field(1, text('alice'))),
    ...field(2, [...field(1, text('pem')), ...field(5, text('client auth')), ...field(7, text('example.com/signer'))]),
    ...field(3, field(1, condition)),
  ];
  expect(readProtobuf('io.k8s.api.certificates.v1.CertificateSigningRequest', Uint8Array.from(bytes))).toEqual({
    metadata: { name: 'alice' },
    spec: { request: btoa('pem'), usages: ['client auth'], signerName: 'example.com/signer' },
    status: { conditions: [{ type: 'Approved', reason: 'Checked', status: 'True' }] },
  });
});

test('rules that Go inlines stand beside what they are inlined into', () => {
  const rule = [...field(1, text('apps')), ...field(2, text('v1')), ...field(3, text('deployments'))];
  const named = [...field(1, text('web')), ...field(2, [...field(1, text('CREATE')), ...field(2, rule)])];
  expect(readProtobuf('io.k8s.api.admissionregistration.v1.MatchResources', Uint8Array.from(field(3, named)))).toEqual({
    resourceRules: [
      { resourceNames: ['web'], operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
    ],
  });
});
