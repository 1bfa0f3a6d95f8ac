export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The point at `degrees` on a circle; 0 is three o'clock and angles grow clockwise, as SVG's y axis does. */
export function pointOn(centre: Point, radius: number, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180;
  return { x: round(centre.x + radius * Math.cos(angle)), y: round(centre.y + radius * Math.sin(angle)) };
}

export function arcPath(centre: Point, radius: number, from: number, to: number): string {
  const start = pointOn(centre, radius, from);
  const end = pointOn(centre, radius, to);
  return `M${start.x} ${start.y}A${round(radius)} ${round(radius)} 0 ${(to - from) % 360 > 180 ? 1 : 0} 1 ${end.x} ${end.y}`;
}

/** A straight line along one radius. */
export function radialPath(centre: Point, degrees: number, from: number, to: number): string {
  const start = pointOn(centre, from, degrees);
  const end = pointOn(centre, to, degrees);
  return `M${start.x} ${start.y}L${end.x} ${end.y}`;
}

/** Server and browser must print the same digits. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
