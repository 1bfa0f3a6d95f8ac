/** Where arithmetic finds and leaves its variables. */
export interface ArithmeticScope {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError';
}

/** `$((…))`: whole numbers, C's operators and assignments. Throws `ArithmeticError`. */
export function evaluateArithmetic(text: string, scope: ArithmeticScope): number {
  return new Arithmetic(text, scope).evaluate();
}

const binary: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

class Arithmetic {
  readonly #tokens: readonly string[];
  readonly #scope: ArithmeticScope;
  #at = 0;
  #depth = 0;

  constructor(text: string, scope: ArithmeticScope) {
    const tokens = text.match(
      /0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|\*\*|<<=|>>=|[-+*/%&|^]=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%<>=!&|^~?:(),]|\S/g,
    );
    this.#tokens = tokens ?? [];
    this.#scope = scope;
  }

  evaluate(): number {
    if (this.#tokens.length === 0) return 0;
    const value = this.#comma();
    if (this.#at < this.#tokens.length) throw new ArithmeticError('arithmetic syntax error');
    return value;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #comma(): number {
    let value = this.#assignment();
    while (this.#take(',')) value = this.#assignment();
    return value;
  }

  #assignment(): number {
    const name = this.#peek() ?? '';
    const operator = this.#tokens[this.#at + 1] ?? '';
    if (!/^[A-Za-z_]/.test(name) || !/^(=|[-+*/%&|^]=|<<=|>>=)$/.test(operator)) return this.#ternary();
    this.#at += 2;
    const right = this.#assignment();
    return this.#store(name, operator === '=' ? right : apply(operator.slice(0, -1), this.#variable(name), right));
  }

  #ternary(): number {
    const condition = this.#binary(0);
    if (!this.#take('?')) return condition;
    const yes = this.#assignment();
    if (!this.#take(':')) throw new ArithmeticError('arithmetic syntax error');
    const no = this.#assignment();
    return condition ? yes : no;
  }

  #binary(level: number): number {
    const operators = binary[level];
    if (!operators) return this.#power();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#peek();
      if (operator === undefined || !operators.includes(operator)) return left;
      this.#at++;
      left = apply(operator, left, this.#binary(level + 1));
    }
  }

  #power(): number {
    const base = this.#unary();
    return this.#take('**') ? apply('**', base, this.#power()) : base;
  }

  #unary(): number {
    if (++this.#depth > 500) throw new ArithmeticError('arithmetic syntax error');
    try {
      if (this.#take('-')) return -this.#unary();
      if (this.#take('+')) return this.#unary();
      if (this.#take('!')) return this.#unary() ? 0 : 1;
      if (this.#take('~')) return ~this.#unary();
      for (const [token, change] of [
        ['++', 1],
        ['--', -1],
      ] as const) {
        if (!this.#take(token)) continue;
        const name = this.#tokens[this.#at++] ?? '';
        return this.#store(name, this.#variable(name) + change);
      }
      return this.#primary();
    } finally {
      this.#depth--;
    }
  }

  #primary(): number {
    if (this.#take('(')) {
      const value = this.#comma();
      if (!this.#take(')')) throw new ArithmeticError('arithmetic syntax error');
      return value;
    }
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new ArithmeticError('arithmetic syntax error');
    if (/^\d/.test(token)) return parseNumber(token);
    if (!/^[A-Za-z_]/.test(token)) throw new ArithmeticError('arithmetic syntax error');
    const value = this.#variable(token);
    if (this.#take('++')) this.#store(token, value + 1);
    else if (this.#take('--')) this.#store(token, value - 1);
    return value;
  }

  #variable(name: string): number {
    const text = (this.#scope.get(name) ?? '').trim();
    if (text === '') return 0;
    if (/^[-+]?\d/.test(text)) return text.startsWith('-') ? -parseNumber(text.slice(1)) : parseNumber(text.replace(/^\+/, ''));
    if (++this.#depth > 20) throw new ArithmeticError('expression recursion loop detected');
    return /^[A-Za-z_]\w*$/.test(text) ? this.#variable(text) : 0;
  }

  #store(name: string, value: number): number {
    this.#scope.set(name, String(value));
    return value;
  }
}

function parseNumber(token: string): number {
  if (/^0[xX]/.test(token)) return parseInt(token, 16);
  return /^0\d/.test(token) ? parseInt(token, 8) : parseInt(token, 10);
}

function apply(operator: string, a: number, b: number): number {
  if ((operator === '/' || operator === '%') && b === 0) throw new ArithmeticError('divide by zero');
  switch (operator) {
    case '||':
      return a || b ? 1 : 0;
    case '&&':
      return a && b ? 1 : 0;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '==':
      return a === b ? 1 : 0;
    case '!=':
      return a === b ? 0 : 1;
    case '<=':
      return a <= b ? 1 : 0;
    case '>=':
      return a >= b ? 1 : 0;
    case '<':
      return a < b ? 1 : 0;
    case '>':
      return a > b ? 1 : 0;
    case '<<':
      return a * 2 ** b;
    case '>>':
      return Math.floor(a / 2 ** b);
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return Math.trunc(a / b);
    case '%':
      return a % b;
    case '**': {
      let product = 1;
      for (let index = 0; index < Math.min(b, 1_000); index++) product *= a;
      return product;
    }
    default:
      throw new ArithmeticError('arithmetic syntax error');
  }
}
