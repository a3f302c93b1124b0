// All kernels of one instruction-set level and their table. A level_*.c file includes this once, after it has set
// WIDTH, the register blocks and KERNELS, and pushed the target attribute; everything but the table is static.

#include "vector.h"
#include "contraction.h"
#include "softmax.h"
#include "formation.h"

const Kernels KERNELS = {
  .pack_weights = pack_weights,
  .scores = scores,
  .scores_outer = scores_outer,
  .accumulate = accumulate,
  .accumulate_outer = accumulate_outer,
  .row_sums = row_sums,
  .softmax = softmax,
  .center = center_values,
  .gather = gather_values,
  .squares = squares,
  .outer = outer,
  .one_hot = one_hot,
  .sum = sum_values,
  .transpose = transpose,
};
