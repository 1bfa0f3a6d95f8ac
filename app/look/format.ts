/** `10:42:07`, on the cluster's own clock, which keeps UTC. */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** `5 Jan, 10:42:07 UTC` */
export function fullTime(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}, ${clockTime(at)} UTC`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

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

/** `12s`, `6m52s`, as kubectl writes an age. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
