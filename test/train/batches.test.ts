import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Key } from "../../src/tensor/index.ts";
import { BatchOrder, stepsOf } from "../../src/train/index.ts";

const sizes = fc
  .record({ rows: fc.integer({ min: 1, max: 40 }), epochs: fc.integer({ min: 1, max: 4 }), seed: fc.nat() })
  .chain((problem) => fc.integer({ min: 1, max: problem.rows }).map((batch) => ({ ...problem, batch })));

describe("the order of rows", () => {
  it("visits each row exactly once an epoch, for any batch size", () => {
    fc.assert(
      fc.property(sizes, ({ rows: count, epochs, seed, batch }) => {
        const rows = Int32Array.from({ length: count }, (_, i) => 100 + 3 * i);
        const order = new BatchOrder(Key.fromSeed(seed).split("order"), rows, batch);
        const stream = order.indices(0, stepsOf(epochs, count, batch)).data;
        for (let epoch = 0; epoch < epochs; epoch++) {
          const visited = stream.slice(epoch * count, (epoch + 1) * count).sort();
          expect(visited).toEqual(rows);
        }
      }),
    );
  });

  it("gives a step the same batch wherever the run was taken up", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.nat(30),
        fc.integer({ min: 1, max: 10 }),
        ({ rows, seed, batch }, start, steps) => {
          const make = () =>
            new BatchOrder(
              Key.fromSeed(seed),
              Int32Array.from({ length: rows }, (_, i) => i),
              batch,
            );
          const whole = make().indices(0, start + steps).data;
          expect(make().indices(start, steps).data).toEqual(whole.slice(start * batch));
        },
      ),
    );
  });

  it("shuffles every epoch anew", () => {
    const rows = Int32Array.from({ length: 50 }, (_, i) => i);
    const order = new BatchOrder(Key.fromSeed(3), rows, 50);
    const [first, second] = [order.indices(0, 1).data, order.indices(1, 1).data];
    expect(first).not.toEqual(rows);
    expect(first).not.toEqual(second);
  });

  it("knows the epoch it is in", () => {
    const order = new BatchOrder(Key.fromSeed(3), new Int32Array(10), 4);
    expect([0, 2, 3, 5].map((step) => order.positionAfter(step))).toEqual([
      { epoch: 0, position: 0 },
      { epoch: 0, position: 8 },
      { epoch: 1, position: 2 },
      { epoch: 2, position: 0 },
    ]);
  });

  it("counts epochs in steps, the last batch completed", () => {
    expect(stepsOf(1, 10, 4)).toBe(3);
    expect(stepsOf(2, 10, 4)).toBe(5);
    expect(stepsOf(0.1, 10, 4)).toBe(1);
  });
});
