const ln2 = 0.6931471805599453;

/** The natural logarithm of a number from 1 up by basic arithmetic alone: `Math.log` may differ in the last digit between engines. */
export function naturalLogarithm(value: number): number {
  let halvings = 0;
  let rest = value;
  while (rest > 1.5) {
    rest /= 2;
    halvings++;
  }
  const ratio = (rest - 1) / (rest + 1);
  let term = ratio;
  let sum = 0;
  for (let odd = 1; odd < 60; odd += 2) {
    sum += term / odd;
    term *= ratio * ratio;
  }
  return halvings * ln2 + 2 * sum;
}
