import type { V1HTTPGetAction, V1Lifecycle, V1LifecycleHandler, V1Probe } from '@/generated/kubernetes/types';
import { type FieldError, type FieldPath, fieldError } from '../../api';
import { httpHeaderName, invalidEach, validateNonNegative, validatePortNumberOrName } from './names';

type Handler = Pick<V1Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<V1LifecycleHandler, 'sleep'>;

/** Liveness and startup probes need one success, a readiness probe has no grace period of its own. */
export function validateProbe(
  probe: V1Probe | undefined,
  kind: 'liveness' | 'readiness' | 'startup',
  grace: number | undefined,
  path: FieldPath,
): FieldError[] {
  if (!probe) return [];
  const { exec, httpGet, tcpSocket, grpc, terminationGracePeriodSeconds: own, successThreshold } = probe;
  const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;
  const errors = [
    ...validateHandler({ exec, httpGet, tcpSocket, grpc }, grace, path),
    ...counts.flatMap((field) => validateNonNegative(probe[field], path.child(field))),
    ...(own !== undefined && own <= 0
      ? [fieldError.invalid(path.child('terminationGracePeriodSeconds'), own, 'must be greater than 0')]
      : []),
  ];
  if (kind === 'readiness')
    return own === undefined
      ? errors
      : [...errors, fieldError.invalid(path.child('terminationGracePeriodSeconds'), own, 'must not be set for readinessProbes')];
  return successThreshold === 1
    ? errors
    : [...errors, fieldError.invalid(path.child('successThreshold'), successThreshold ?? 0, 'must be 1')];
}

export function validateLifecycle({ postStart, preStop }: V1Lifecycle, grace: number | undefined, path: FieldPath): FieldError[] {
  return [
    ...(postStart ? validateHandler(postStart, grace, path.child('postStart')) : []),
    ...(preStop ? validateHandler(preStop, grace, path.child('preStop')) : []),
  ];
}

/** Exactly one way to probe or to hook. */
function validateHandler(handler: Handler, grace: number | undefined, path: FieldPath): FieldError[] {
  const ways = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((way) => handler[way]);
  if (ways.length === 0) return [fieldError.required(path, 'must specify a handler type')];
  return ways.flatMap((way, index) =>
    index > 0
      ? [fieldError.forbidden(path.child(way), 'may not specify more than 1 handler type')]
      : validateWay(handler, way, grace, path.child(way)),
  );
}

function validateWay(handler: Handler, way: keyof Handler, grace: number | undefined, path: FieldPath): FieldError[] {
  switch (way) {
    case 'exec':
      return handler.exec?.command?.length ? [] : [fieldError.required(path.child('command'))];
    case 'httpGet':
      return validateHttpGet(handler.httpGet as V1HTTPGetAction, path);
    case 'tcpSocket':
      return validatePortNumberOrName(handler.tcpSocket?.port, path.child('port'));
    case 'grpc':
      return validatePortNumberOrName(handler.grpc?.port, path.child('port'));
    case 'sleep':
      return validateSleep(handler.sleep?.seconds ?? 0, grace, path);
  }
}

function validateHttpGet({ path: url, port, scheme, httpHeaders }: V1HTTPGetAction, path: FieldPath): FieldError[] {
  return [
    ...(url ? [] : [fieldError.required(path.child('path'))]),
    ...validatePortNumberOrName(port, path.child('port')),
    ...(scheme === 'HTTP' || scheme === 'HTTPS' ? [] : [fieldError.notSupported(path.child('scheme'), scheme ?? '', ['HTTP', 'HTTPS'])]),
    ...(httpHeaders ?? []).flatMap(({ name }) => invalidEach(path.child('httpHeaders'), name, httpHeaderName(name ?? ''))),
  ];
}

function validateSleep(seconds: number, grace: number | undefined, path: FieldPath): FieldError[] {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
  return [fieldError.invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}
