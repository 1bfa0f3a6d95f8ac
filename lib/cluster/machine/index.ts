export { Machine, type MachineRole, type MachineSpec, type MachineUnit } from './machine';
