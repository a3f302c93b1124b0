// All kernels of one instruction-set level and their table. A level_*.c file includes this once, after it has set
// WIDTH, the register blocks and KERNELS, and pushed the target attribute; everything but the table is static.

#include "vector.h"
#include "contraction.h"
#include "products.h"
#include "softmax.h"
#include "formation.h"
#include "rows.h"
#include "special.h"
#include "chain.h"
#include "gaussian.h"
#include "membership.h"

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
  .gather_rows = gather_rows,
  .scatter_rows = scatter_rows,
  .multiply_add = multiply_add,
  .exponential = map_exponential,
  .logarithm = map_logarithm,
  .digamma = map_digamma,
  .log_gamma = map_log_gamma,
  .forward_backward = forward_backward,
  .gaussian_chain = gaussian_chain,
  .gaussian_mean_map = gaussian_mean_map,
  .gamma_mean_map = gamma_mean_map,
  .dirichlet_expectations = dirichlet_expectations,
  .exponential_rows = exponential_rows,
  .membership = membership,
  .membership_lookup = membership_lookup,
  .membership_sums = membership_sums,
};
