export { admissionVariables } from './admission';
export { CelAuthorizer, type CelAccessAnswer, type CelAccessQuestion } from './authorizer';
export {
  celActivation,
  CelError,
  celOptional,
  celValue,
  compileCel,
  type CelCompilation,
  type CelProgram,
  type CelType,
  type CelVariables,
} from './compile';
export { escapedName } from './escaping';
export { CelMessage } from './literals';
export { typeCheck, type TypedScope } from './schema-types';
