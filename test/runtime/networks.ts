/** @file Small networks and training steps that several tests of the runtime use. */
import {
  add,
  cast,
  gather,
  input,
  matmul,
  mul,
  reduceMean,
  relu,
  softmaxCrossEntropy,
  sub,
  type Tensor,
  vjp,
} from "../../src/expr/index.ts";
import {
  type FloatDType,
  Key,
  type NdArray,
  ndarray,
  normal,
  uniform,
  zeros,
} from "../../src/tensor/index.ts";

export interface Mlp {
  readonly parameters: Tensor[];
  apply(x: Tensor): Tensor;
}

/** A fully connected network with the given widths, weights stored [out, in]. */
export function mlp(
  widths: readonly number[],
  activation: (x: Tensor) => Tensor = relu,
  dtype: FloatDType = "float32",
): Mlp {
  const layers = widths.slice(1).map((width, i) => ({
    weight: input(`w${i}`, [width, widths[i]!], dtype),
    bias: input(`b${i}`, [width], dtype),
  }));
  return {
    parameters: layers.flatMap(({ weight, bias }) => [weight, bias]),
    apply: (x) =>
      layers.reduce((h, { weight, bias }, i) => {
        const z = add(matmul(h, weight, { transposeB: true }), bias);
        return i === layers.length - 1 ? z : activation(z);
      }, x),
  };
}

export interface TrainingStep {
  readonly carry: Tensor[];
  readonly next: Tensor[];
  readonly loss: Tensor;
}

/** SGD with momentum on a loss: carries parameters and velocities. */
export function momentumStep(
  loss: Tensor,
  parameters: readonly Tensor[],
  rate: Tensor | number,
): TrainingStep {
  const gradients = vjp([loss], parameters) as Tensor[];
  const velocities = parameters.map((p) => input(`${p.attrs["name"]}.velocity`, p.shape, p.dtype));
  const moved = velocities.map((v, i) => add(mul(v, 0.9), gradients[i]!));
  const next = parameters.map((p, i) => sub(p, mul(moved[i]!, rate)));
  return { carry: [...parameters, ...velocities], next: [...next, ...moved], loss };
}

export interface DigitsLoop {
  readonly step: TrainingStep;
  readonly perStep: Tensor[];
  readonly shared: Tensor[];
}

/** Training on a shared uint8 data set, batches gathered by the rows of each step. */
export function digitsLoop(activation = relu, { examples = 200, batch = 16 } = {}): DigitsLoop {
  const images = input("images", [examples, 30], "uint8");
  const labels = input("labels", [examples], "int32");
  const rows = input("rows", [batch], "int32");
  const rate = input("rate", []);
  const net = mlp([30, 24, 24, 10], activation);
  const x = mul(cast(gather(images, rows, { axis: 0 }), "float32"), 1 / 255);
  const loss = reduceMean(softmaxCrossEntropy(net.apply(x), gather(labels, rows, { axis: 0 })));
  return { step: momentumStep(loss, net.parameters, rate), perStep: [rows, rate], shared: [images, labels] };
}

/** Values for the inputs of {@link digitsLoop} over `steps` steps. */
export function digitsFeeds({ step, shared }: DigitsLoop, steps: number) {
  const key = Key.fromSeed(2);
  const [images, labels] = shared as [Tensor, Tensor];
  const examples = images.shape[0]!;
  const whole = (name: string, shape: readonly number[], high: number) =>
    uniform(key.split(name), "float64", shape, { high }).data.map(Math.floor);
  const carry = Object.fromEntries(
    step.carry.map((tensor): [string, NdArray] => {
      const name = String(tensor.attrs["name"]);
      const moving = name.endsWith(".velocity");
      return [
        name,
        moving
          ? zeros("float32", tensor.shape)
          : normal(key.split(name), "float32", tensor.shape, { std: 0.3 }),
      ];
    }),
  );
  return {
    carry,
    perStep: {
      rows: ndarray("int32", [steps, 16], whole("rows", [steps, 16], examples)),
      rate: ndarray(
        "float32",
        [steps],
        Array.from({ length: steps }, (_, i) => 0.1 / (1 + i)),
      ),
    },
    shared: {
      images: ndarray("uint8", images.shape, whole("images", images.shape, 256)),
      labels: ndarray("int32", labels.shape, whole("labels", labels.shape, 10)),
    },
    steps,
  };
}

/** The bytes of arrays by name, in hexadecimal: equal texts are equal to the bit. */
export function bits(arrays: Readonly<Record<string, NdArray>>): string {
  return Object.keys(arrays)
    .sort()
    .map((name) => {
      const { data } = arrays[name]!;
      return `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")}`;
    })
    .join("\n");
}

/** The rows `start` to `end` of stacked arrays. */
export function rowsOf(arrays: Readonly<Record<string, NdArray>>, start: number, end: number) {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const size = array.data.length / array.shape[0]!;
      const data = array.data.slice(start * size, end * size) as Float32Array;
      return [name, ndarray(array.dtype, [end - start, ...array.shape.slice(1)], data)];
    }),
  );
}
