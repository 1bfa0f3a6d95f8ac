import { defaulted, prepared, refusalOf, rowOf, updateRefusalOf } from '../../support/objects';

const says = (kind: string, name: string, why: string) => `${kind}.resource.k8s.io "${name}" is invalid: ${why}`;

describe('ResourceClaim', () => {
  const claim = (devices: object) => ({ metadata: { name: 'gpu' }, spec: { devices } });
  const exactly = (more: object = {}) => ({ name: 'one', exactly: { deviceClassName: 'gpu.example', ...more } });

  test('asks for one device unless it says otherwise', () => {
    const { spec } = defaulted('ResourceClaim', claim({ requests: [exactly(), exactly({ allocationMode: 'All' })] }));
    expect(spec.devices.requests.map((one: { exactly: object }) => one.exactly)).toMatchObject([
      { allocationMode: 'ExactCount', count: 1 },
      { allocationMode: 'All' },
    ]);
  });

  test.each([
    [{ requests: [{ name: 'one' }] }, 'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required'],
    [{ requests: [exactly(), exactly()] }, 'spec.devices.requests[1]: Duplicate value: "one"'],
    [
      { requests: [exactly({ allocationMode: 'All', count: 2 })] },
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
    ],
    [
      { requests: [exactly({ selectors: [{ cel: { expression: '1' } }] })] },
      'spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "1": must evaluate to bool or the unknown type, not int',
    ],
    [
      { requests: [exactly()], constraints: [{ requests: ['two'], matchAttribute: 'gpu.example/bus' }] },
      'spec.devices.constraints[0].requests[0]: Invalid value: "two": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
    ],
    [
      { requests: [exactly()], constraints: [{ matchAttribute: 'bus' }] },
      'spec.devices.constraints[0].matchAttribute: Invalid value: "bus": a fully qualified name must be a domain and a name separated by a slash',
    ],
  ])('for %j is refused', (devices, why) => {
    expect(refusalOf('ResourceClaim', claim(devices))).toBe(says('ResourceClaim', 'gpu', why));
  });

  test('a selector may look at driver, attributes and capacity', () => {
    const expression = `device.driver == "gpu.example" && device.capacity["gpu.example"].memory.isGreaterThan(quantity("1Gi"))`;
    expect(refusalOf('ResourceClaim', claim({ requests: [exactly({ selectors: [{ cel: { expression } }] })] }))).toBeUndefined();
  });

  test('what is claimed stays', () => {
    expect(
      updateRefusalOf('ResourceClaim', claim({ requests: [exactly()] }), ({ spec }) => void (spec.devices.requests[0].exactly.count = 2)),
    ).toContain(
      'spec: Invalid value: {"Devices":{"Requests":[{"Name":"one","Exactly":{"DeviceClassName":"gpu.example","Selectors":null,"AllocationMode":"ExactCount","Count":2,',
    );
  });

  test('its row tells how far it is', () => {
    const draft = prepared('ResourceClaim', claim({ requests: [exactly()] }));
    expect(rowOf('ResourceClaim', draft)).toMatchObject({ State: 'pending' });
    expect(rowOf('ResourceClaim', { ...draft, status: { allocation: {}, reservedFor: [{ uid: '1' }] } })).toMatchObject({
      State: 'allocated,reserved',
    });
  });
});

describe('ResourceSlice', () => {
  const slice = (spec: object) => ({
    metadata: { name: 'gpus' },
    spec: { driver: 'gpu.example', nodeName: 'worker-1', pool: { name: 'worker-1', generation: 1, resourceSliceCount: 1 }, ...spec },
  });

  test.each([
    [
      { allNodes: true },
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
    [
      { devices: [{ name: 'a', attributes: { bus: {} } }] },
      'spec.devices[0].attributes[bus]: Invalid value: "": exactly one value must be specified',
    ],
    [
      { devices: [{ name: 'a', attributes: { driver: { version: 'v1' } } }] },
      'spec.devices[0].attributes[driver].version: Invalid value: "v1": must be a string compatible with semver.org spec 2.0.0',
    ],
    [{ devices: [{ name: 'a', taints: [{ key: 'broken' }] }] }, 'spec.devices[0].taints[0].effect: Required value'],
  ])('with %j is refused', (spec, why) => {
    expect(refusalOf('ResourceSlice', slice(spec))).toBe(says('ResourceSlice', 'gpus', why));
  });

  test('a taint knows since when it is there', () => {
    const tainted = slice({ devices: [{ name: 'a', taints: [{ key: 'broken', effect: 'NoSchedule' }] }] });
    expect(prepared('ResourceSlice', tainted).spec.devices[0].taints[0].timeAdded).toBe('2026-01-05T08:00:00Z');
  });
});

test('a DeviceClass may stand for an extended resource', () => {
  const deviceClass = (extendedResourceName: string) => ({ metadata: { name: 'gpu.example' }, spec: { extendedResourceName } });
  expect(refusalOf('DeviceClass', deviceClass('example.com/gpu'))).toBeUndefined();
  expect(refusalOf('DeviceClass', deviceClass('cpu'))).toBe(
    says('DeviceClass', 'gpu.example', 'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name'),
  );
});
