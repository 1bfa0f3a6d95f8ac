import { randomInt } from 'node:crypto';

/** The planets and moons of an orrery, so that an instructor can tell guests apart. */
const bodies = [
  'Mercury',
  'Venus',
  'Terra',
  'Mars',
  'Jupiter',
  'Saturn',
  'Uranus',
  'Neptune',
  'Luna',
  'Phobos',
  'Deimos',
  'Io',
  'Europa',
  'Ganymede',
  'Callisto',
  'Titan',
  'Rhea',
  'Dione',
  'Tethys',
  'Mimas',
  'Oberon',
  'Titania',
  'Triton',
  'Ceres',
  'Vesta',
  'Pallas',
];

export function guestName(): string {
  return `Guest ${bodies[randomInt(bodies.length)]} ${randomInt(10, 100)}`;
}
