export { FieldPath, fieldError, type FieldError } from './field';
export {
  ConnectionError,
  type ApiConnection,
  type ApiForwarding,
  type ApiRequest,
  type ApiResponse,
  type ApiStream,
  type ForwardedAnswer,
  type ForwardedConnection,
  type ForwardedRequest,
  type Transport,
} from './http';
export { keyOf, splitKey, type Draft, type KubeObject, type ObjectList, type ObjectMeta, type OwnerReference } from './object';
export { defineResource, type ResourceDefinition, type StrategyContext, type TableColumn } from './resource';
export { failure, StatusError, statusErrors, type Status, type StatusDetails, type StatusReason } from './status';
export {
  labelSelectorAsSelector,
  labelValueErrors,
  parseSelector,
  qualifiedNameErrors,
  selectorOf,
  selectorOfLabels,
  SelectorSyntaxError,
  type LabelSelector,
  type LabelSet,
  type Requirement,
  type Selector,
} from './labels';
export { matchesFields, parseFieldSelector, renderFieldSelector, type FieldRequirement } from './field-selector';
export { matchesNodeSelector, matchesNodeSelectorTerm, matchesRequiredAffinity } from './node-selector';
export { canonicalQuantity, compareQuantities, Quantity, QuantityError, type QuantityFormat } from './quantity';
export { definitionIdOf, fieldFacts, isAtomicDefinition, type FieldFacts } from './schema-facts';
export {
  copyObject,
  decodeObject,
  decodeStatusOf,
  DecodeError,
  jsonType,
  type Decoding,
  type StructuralType,
  type TypeRef,
} from './decode';
export { nullEmptyLists } from './empty-lists';
export { define, JsonSyntaxError, readJson, type JsonReading } from './json-reader';
export { goRegexp, type GoRegexp } from './regexp';
export { readTypedYaml } from './typed-data';
export { readYaml } from './yaml';
export { decodeBase64, decodeBase64Url, decodeBytes, decodedLength, encodeBase64, encodeBase64Url, encodeBytes } from './base64';
export { goValue, mergePatch, PatchError, strategicMergePatch } from './patch';
export type { ExecOptions, LogOptions } from './kubelet';
export { applyJsonPatch, JsonPatchError } from './json-patch';
export { openProtobuf, ProtobufError, readProtobuf } from './protobuf';
