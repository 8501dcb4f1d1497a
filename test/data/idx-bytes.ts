/** @file Writes IDX files for the tests of their reader. */

/** An IDX file: type code, sizes, then the bytes of the elements. */
export function idxBytes(type: number, shape: readonly number[], elements: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + elements.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = type;
  bytes[3] = shape.length;
  for (const [axis, n] of shape.entries()) view.setUint32(4 + 4 * axis, n);
  bytes.set(Array.from(elements), 4 + 4 * shape.length);
  return bytes;
}

/** Four small consistent files: `train` and `test` images of height x width, labels cycling through the classes. */
export function smallFiles({ train = 7, test = 5, height = 3, width = 2, classes = 4 } = {}) {
  const images = (count: number) =>
    idxBytes(
      8,
      [count, height, width],
      Array.from({ length: count * height * width }, (_, i) => (37 * i) % 256),
    );
  const labels = (count: number) =>
    idxBytes(
      8,
      [count],
      Array.from({ length: count }, (_, i) => i % classes),
    );
  return {
    trainInputs: { name: "train-images-idx3-ubyte", bytes: images(train) },
    trainLabels: { name: "train-labels-idx1-ubyte", bytes: labels(train) },
    testInputs: { name: "t10k-images-idx3-ubyte", bytes: images(test) },
    testLabels: { name: "t10k-labels-idx1-ubyte", bytes: labels(test) },
  };
}
