export { CelError, celValue, compileCel, type CelCompilation, type CelProgram, type CelType, type CelVariables } from './compile';
