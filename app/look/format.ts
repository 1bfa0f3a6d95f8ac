/** `10:42:07`, on the cluster's own clock, which keeps UTC. */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** `2.4`, of 2400 thousandths of a core. */
export function cores(millis: number): string {
  return String(Math.round(millis / 100) / 10);
}

/** `3.5 of 8 Gi` */
export function memory(bytes: number, ofBytes: number): string {
  const gibibytes = (amount: number) => Math.round((amount / 2 ** 30) * 10) / 10;
  return `${gibibytes(bytes)} of ${gibibytes(ofBytes)} Gi`;
}

/** `1 Pod`, `3 Pods`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
