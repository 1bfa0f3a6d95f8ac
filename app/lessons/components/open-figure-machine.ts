import type { FigureMachine } from './figure-machine';

export async function openFigureMachine(_: { name: string; setup: readonly string[] }): Promise<FigureMachine> {
  throw new Error('not yet');
}
