/** @file Which rows of a batch ESAM looks at again: those whose loss rose most, found by comparisons alone. */
import {
  cast,
  constant,
  cumsum,
  equal,
  greater,
  iota,
  less,
  logicalAnd,
  logicalOr,
  mul,
  reduceSum,
  reshape,
  sub,
  type Tensor,
} from "../expr/index.ts";

/**
 * The places of the `count` largest of some values, in increasing order of place; at ties the earlier ones.
 * @param values [B]
 * @returns [count], int32.
 * @example largestPlaces(risen, 64)
 */
export function largestPlaces(values: Tensor, count: number): Tensor {
  const size = values.shape[0]!;
  const places = iota(size, "int32");
  const [own, other] = [reshape(values, [size, 1]), reshape(values, [1, size])];
  const earlier = less(reshape(places, [1, size]), reshape(places, [size, 1]));
  const ahead = logicalOr(greater(other, own), logicalAnd(equal(other, own), earlier));
  const rank = reduceSum(cast(ahead, "int32"), { axes: [1] });
  const taken = cast(less(rank, constant(count, "int32")), "int32");
  // The i-th place taken is the one with i taken before it; of those not taken nothing is to match.
  const seat = sub(mul(cumsum(taken, { axis: 0 }), taken), 1);
  const seats = equal(reshape(iota(count, "int32"), [count, 1]), reshape(seat, [1, size]));
  return reduceSum(mul(cast(seats, "int32"), reshape(places, [1, size])), { axes: [1] });
}
