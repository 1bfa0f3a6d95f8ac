import { decodeObject, nullEmptyLists } from '@/lib/cluster/api';

const slice = 'io.k8s.api.discovery.v1.EndpointSlice';

test('an empty list that is always written is kept until its object is stored, where it is null', () => {
  const { value } = decodeObject(slice, { addressType: 'IPv4', endpoints: [], ports: [] });
  expect(value).toMatchObject({ endpoints: [] });
  nullEmptyLists(slice, value as object);
  expect(value).toMatchObject({ endpoints: null });
});

test('empty lists of items are found too, and others left alone', () => {
  const object = { endpoints: [{ addresses: [] as string[] }, { addresses: ['10.0.0.1'] }], metadata: { finalizers: [] as string[] } };
  nullEmptyLists(slice, object);
  expect(object).toEqual({ endpoints: [{ addresses: null }, { addresses: ['10.0.0.1'] }], metadata: { finalizers: [] } });
});
