import type { V1LimitRange, V1LimitRangeItem } from '@/generated/kubernetes/types';
import { compareBytes } from '@/lib/base';
import { type FieldError, FieldPath, fieldError, Quantity } from '../../api';
import { canOvercommit, validateContainerResourceName, validateResourceName } from './compute-resources';
import { validateQualifiedName } from './names';

const path = FieldPath.of('spec').child('limits');
const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim'];

/** `ValidateLimitRange`. */
export function validateLimitRange({ spec }: V1LimitRange): FieldError[] {
  return (spec?.limits ?? []).flatMap((item, index, all) => {
    const at = path.index(index);
    const isRepeated = all.slice(0, index).some(({ type }) => type === item.type);
    return [
      ...validateType(item.type, at.child('type')),
      ...(isRepeated ? [fieldError.duplicate(at.child('type'), item.type)] : []),
      ...validateNames(item, at),
      ...amountsOf(item).flatMap((amounts) => validateAmounts(amounts, at)),
    ];
  });
}

function validateType(type: string, at: FieldPath): FieldError[] {
  const errors = validateQualifiedName(type ?? '', at);
  if (errors.length > 0 || type.includes('/') || standardTypes.includes(type)) return errors;
  return [fieldError.invalid(at, type, 'must be a standard limit type or fully qualified')];
}

function validateNames(item: V1LimitRangeItem, at: FieldPath): FieldError[] {
  const check = item.type === 'Pod' || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const names = (field: 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio') =>
    Object.keys(item[field] ?? {}).flatMap((name) => check(name, at.child(field).key(name)));
  const notOfPods = (field: 'default' | 'defaultRequest') =>
    Object.keys(item[field] ?? {}).length > 0 ? [fieldError.forbidden(at.child(field), "may not be specified when `type` is 'Pod'")] : [];
  const isUnlimitedClaim = item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage'];
  return [
    ...names('max'),
    ...names('min'),
    ...(item.type === 'Pod'
      ? [...notOfPods('default'), ...notOfPods('defaultRequest')]
      : [...names('default'), ...names('defaultRequest')]),
    ...(isUnlimitedClaim
      ? [fieldError.required(at.child('limits'), 'either minimum or maximum storage value is required, but neither was provided')]
      : []),
    ...names('maxLimitRequestRatio'),
  ];
}

/** All that an item says of one resource. */
interface Amounts {
  readonly name: string;
  readonly min: Quantity | undefined;
  readonly max: Quantity | undefined;
  readonly limit: Quantity | undefined;
  readonly request: Quantity | undefined;
  readonly ratio: Quantity | undefined;
}

function amountsOf(item: V1LimitRangeItem): Amounts[] {
  const isPod = item.type === 'Pod';
  const lists = [item.max, item.min, ...(isPod ? [] : [item.default, item.defaultRequest]), item.maxLimitRequestRatio];
  const names = [...new Set(lists.flatMap((list) => Object.keys(list ?? {})))].sort(compareBytes);
  const of = (list: Readonly<Record<string, string>> | undefined, name: string) =>
    list && Object.hasOwn(list, name) ? Quantity.parse(list[name] as string) : undefined;
  return names.map((name) => ({
    name,
    min: of(item.min, name),
    max: of(item.max, name),
    limit: isPod ? undefined : of(item.default, name),
    request: isPod ? undefined : of(item.defaultRequest, name),
    ratio: of(item.maxLimitRequestRatio, name),
  }));
}

function validateAmounts({ name, min, max, limit, request, ratio }: Amounts, at: FieldPath): FieldError[] {
  const above = (low: Quantity | undefined, high: Quantity | undefined) => low && high && low.compare(high) > 0;
  const refuse = (field: string, value: Quantity | undefined, sentence: string) => [
    fieldError.invalid(at.child(field).key(name), String(value), sentence),
  ];
  return [
    ...(above(min, max) ? refuse('min', min, `min value ${min} is greater than max value ${max}`) : []),
    ...(above(min, request) ? refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`) : []),
    ...(above(request, max) ? refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`) : []),
    ...(above(request, limit)
      ? refuse('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`)
      : []),
    ...(above(min, limit) ? refuse('default', min, `min value ${min} is greater than default value ${limit}`) : []),
    ...(above(limit, max) ? refuse('default', max, `default value ${limit} is greater than max value ${max}`) : []),
    ...(above(one, ratio) ? refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`) : []),
    ...(ratio && min && max && !min.isZero && Number(ratio.nanos) / 1e9 > Number(max.nanos) / Number(min.nanos)
      ? refuse(
          'maxLimitRequestRatio',
          ratio,
          `ratio ${ratio} is greater than max/min = ${(Number(max.nanos) / Number(min.nanos)).toFixed(6)}`,
        )
      : []),
    ...(!canOvercommit(name) && limit && request && limit.compare(request) !== 0
      ? refuse('defaultRequest', request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`)
      : []),
  ];
}

const one = Quantity.parse('1');
