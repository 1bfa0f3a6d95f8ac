export { applyConfiguration, trackUpdate, type TrackedWrite } from './field-manager';
export { decodeManagers, encodeManagers, fieldsOf, managerOf, type Manager } from './managed-fields';
export { ElementError, fieldTypeOf, typeOfMapField, type FieldType } from './field-type';
export { mergeTyped, typedProblem } from './typed';
export { difference, hasPath, setOfPath } from './field-set';
export { tracked, writeOf } from './tracking';
