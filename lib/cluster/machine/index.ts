export { Machine, type MachineRole, type MachineSpec, type MachineUnit, type StartCause } from './machine';
