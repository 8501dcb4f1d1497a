/**
 * @file Values and derivatives of an expression by truncated Taylor series (dual numbers up to third order): a jet at x holds
 * c_k with f(x + t) = c_0 + c_1 t + c_2 t² + c_3 t³ + …
 */
import { type Binary, dependsOnX, type Expression } from "./ast.ts";
import { choices, type Derivatives, functions, times } from "./functions.ts";

/** Taylor coefficients of orders 0 to 3. */
export type Jet = readonly [number, number, number, number];

type ValueOf = (x: number) => number;
type JetOf = (x: number) => Jet;

/** The plain function of an expression. */
export function compileValue(expression: Expression): ValueOf {
  switch (expression.op) {
    case "number": {
      const { value } = expression;
      return () => value;
    }
    case "x":
      return (x) => x;
    case "negate": {
      const of = compileValue(expression.of);
      return (x) => -of(x);
    }
    case "call":
      return compileCall(expression.name, expression.args.map(compileValue));
    default:
      return compileBinary(expression.op, compileValue(expression.left), compileValue(expression.right));
  }
}

function compileCall(name: string, [a, b]: readonly ValueOf[]): ValueOf {
  const one = functions[name];
  if (one !== undefined) return (x) => one.derivatives(a!(x))[0];
  const { first } = choices[name]!;
  return (x) => {
    const [left, right] = [a!(x), b!(x)];
    return first(left, right) ? left : right;
  };
}

function compileBinary(op: Binary["op"], a: ValueOf, b: ValueOf): ValueOf {
  switch (op) {
    case "+":
      return (x) => a(x) + b(x);
    case "-":
      return (x) => a(x) - b(x);
    case "*":
      return (x) => a(x) * b(x);
    case "/":
      return (x) => a(x) / b(x);
    default:
      return (x) => a(x) ** b(x);
  }
}

/** The jets of an expression. */
export function compileJet(expression: Expression): JetOf {
  switch (expression.op) {
    case "number": {
      const jet = constant(expression.value);
      return () => jet;
    }
    case "x":
      return (x) => [x, 1, 0, 0];
    case "negate": {
      const of = compileJet(expression.of);
      return (x) => scale(of(x), -1);
    }
    case "call":
      return jetOfCall(expression.name, expression.args.map(compileJet));
    case "^":
      return jetOfPower(expression);
    default:
      return jetOfArithmetic(expression.op, compileJet(expression.left), compileJet(expression.right));
  }
}

const constant = (value: number): Jet => [value, 0, 0, 0];
const add = (u: Jet, v: Jet): Jet => [u[0] + v[0], u[1] + v[1], u[2] + v[2], u[3] + v[3]];
const scale = (u: Jet, c: number): Jet => [u[0] * c, u[1] * c, u[2] * c, u[3] * c];

function multiply(u: Jet, v: Jet): Jet {
  return [
    u[0] * v[0],
    times(u[0], v[1]) + times(u[1], v[0]),
    times(u[0], v[2]) + times(u[1], v[1]) + times(u[2], v[0]),
    times(u[0], v[3]) + times(u[1], v[2]) + times(u[2], v[1]) + times(u[3], v[0]),
  ];
}

/** g(u) from the derivatives of g at u's value (Faà di Bruno). */
function compose([g0, g1, g2, g3]: Derivatives, u: Jet): Jet {
  const [, a, b, c] = u;
  return [
    g0,
    times(g1, a),
    times(g1, b) + times(g2, a * a) / 2,
    times(g1, c) + times(g2, a * b) + times(g3, a * a * a) / 6,
  ];
}

function jetOfCall(name: string, [a, b]: readonly JetOf[]): JetOf {
  const one = functions[name];
  if (one !== undefined) {
    return (x) => {
      const u = a!(x);
      return compose(one.derivatives(u[0]), u);
    };
  }
  const { first } = choices[name]!;
  return (x) => {
    const [left, right] = [a!(x), b!(x)];
    return first(left[0], right[0]) ? left : right;
  };
}

function jetOfArithmetic(op: "+" | "-" | "*" | "/", a: JetOf, b: JetOf): JetOf {
  switch (op) {
    case "+":
      return (x) => add(a(x), b(x));
    case "-":
      return (x) => add(a(x), scale(b(x), -1));
    case "*":
      return (x) => multiply(a(x), b(x));
    default:
      return (x) => {
        const [u, v] = [a(x), b(x)];
        const [, ...rest] = multiply(u, compose(reciprocal(v[0]), v));
        return [u[0] / v[0], ...rest];
      };
  }
}

function reciprocal(v: number): Derivatives {
  const r = 1 / v;
  return [r, -r * r, 2 * r * r * r, -6 * r * r * r * r];
}

/** uⁿ with n a number, cᵛ with c a number, or uᵛ = exp(v ln u). */
function jetOfPower({ left, right }: Binary): JetOf {
  const base = compileJet(left);
  const exponent = compileJet(right);
  if (!dependsOnX(right)) {
    const n = exponent(0)[0];
    return (x) => {
      const u = base(x);
      return compose(powerDerivatives(u[0], n), u);
    };
  }
  const value = (x: number) => base(x)[0] ** exponent(x)[0];
  return (x) => {
    const u = base(x);
    const logarithm = compose(functions["log"]!.derivatives(u[0]), u);
    const inner = multiply(exponent(x), logarithm);
    const [, ...rest] = compose(functions["exp"]!.derivatives(inner[0]), inner);
    return [value(x), ...rest];
  };
}

function powerDerivatives(u: number, n: number): Derivatives {
  const term = (c: number, k: number) => (c === 0 ? 0 : c * u ** (n - k));
  return [u ** n, term(n, 1), term(n * (n - 1), 2), term(n * (n - 1) * (n - 2), 3)];
}
