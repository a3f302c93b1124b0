// Calls the entry points as a C program does: the header compiles, results are right, and bad arguments are codes.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "suffice.h"

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, suffice_last_error() ? suffice_last_error() : ""); \
      return 1; \
    } \
  } while (0)

static int32_t stop(int32_t phase, intptr_t pass, double bound, double held_out, double change, double seconds) {
  (void)phase, (void)pass, (void)bound, (void)held_out, (void)change, (void)seconds;
  return 0;
}

int main(void) {
  // Two components of unit variance at -1 and 1: scores bias + w x.
  const double rows[4] = {-2, 0, 0.5, 3};
  const double center = 0, weights[2] = {-1, 1}, bias[2] = {-0.5, -0.5};
  double counts[2], sums[2], total, responsibilities[8];
  int64_t best[4];
  CHECK(suffice_mixture_sweep(
            rows, 0, 4, 1, 8, 8, NULL, 0, 2, &center, weights, NULL, bias, 0, counts, sums, &total, responsibilities, NULL,
            best, 2) == 0);
  double expected = 0;
  for (int i = 0; i < 4; i++) {
    const double p = 1 / (1 + exp(-2 * rows[i]));
    CHECK(fabs(responsibilities[2 * i + 1] - p) < 1e-15);
    CHECK(best[i] == (rows[i] > 0));
    expected += log(exp(-rows[i] - 0.5) + exp(rows[i] - 0.5));
  }
  CHECK(fabs(counts[0] + counts[1] - 4) < 1e-12 && fabs(sums[0] + sums[1] - 1.5) < 1e-12);
  CHECK(fabs(total - expected) < 1e-12);

  // Bad arguments are codes and sentences.
  CHECK(suffice_mixture_sweep(
            rows, 9, 4, 1, 8, 8, NULL, 0, 2, &center, weights, NULL, bias, 0, NULL, NULL, NULL, NULL, NULL, NULL, 1) == 1);
  CHECK(strstr(suffice_last_error(), "element type"));
  CHECK(suffice_mixture_sweep(
            NULL, 0, 4, 1, 8, 8, NULL, 0, 2, &center, weights, NULL, bias, 0, NULL, NULL, NULL, NULL, NULL, NULL, 1) == 1);
  CHECK(suffice_mixture_sweep(
            rows, 0, -4, 1, 8, 8, NULL, 0, 2, &center, weights, NULL, bias, 0, NULL, NULL, NULL, NULL, NULL, NULL, 1) == 1);
  CHECK(suffice_mixture_sweep(
            rows, 0, 4, 1, 8, 8, NULL, 4, 2, &center, weights, NULL, bias, 0, NULL, NULL, NULL, NULL, NULL, NULL, 1) == 1);

  char *text = NULL;
  CHECK(suffice_models(&text) == 0 && strstr(text, "gaussian-mixture"));
  suffice_free_text(text);

  // A fit, its file and its numbers.
  const char *names[1] = {"size"};
  double values[60];
  for (int i = 0; i < 60; i++) values[i] = (i % 2 ? 10 : -10) + 0.1 * (i % 7);
  const double *bases[1] = {values};
  const intptr_t strides[1] = {1};
  suffice_fit_t *fit = NULL;
  const char *request = "{\"hyperparameters\": {\"components\": \"2\"}, \"seed\": \"1\"}";
  CHECK(suffice_fit("diagonal-gaussian-mixture", request, 60, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, NULL, &fit) == 0);
  double means[2], probabilities[120], densities[60], drawn[5];
  CHECK(suffice_fit_parameter(fit, "cluster", "mean", means, 2) == 0);
  CHECK(fabs(fabs(means[0] - means[1]) - 20) < 1.5);
  CHECK(suffice_fit_parameter(fit, "cluster", "mean", means, 7) == 1);
  CHECK(suffice_fit_parameter(fit, "nothing", "mean", means, 2) == 1);
  CHECK(suffice_fit_apply(fit, 60, 1, names, bases, strides, NULL, 1, probabilities, 2, densities) == 0);
  CHECK(fabs(probabilities[0] + probabilities[1] - 1) < 1e-12 && densities[0] < 0);
  CHECK(suffice_fit_sample(fit, 5, 3, drawn, 5) == 0);
  CHECK(suffice_fit_sample(fit, 5, 3, drawn, 4) == 1);
  CHECK(suffice_fit_about(fit, &text) == 0 && strstr(text, "\"converged\":true"));
  suffice_free_text(text);
  suffice_fit_free(fit);
  suffice_fit_free(NULL);

  // Updates count on; a stop after the first pass hands out the fit so far.
  suffice_fit_t *more = NULL;
  CHECK(suffice_fit("diagonal-gaussian-mixture", request, 60, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, NULL, &fit) == 0);
  CHECK(suffice_fit_update(fit, "{}", 60, 1, names, bases, strides, NULL, 1.0, NULL, &more) == 0);
  CHECK(suffice_fit_about(more, &text) == 0 && strstr(text, "\"rows\":120"));
  suffice_free_text(text);
  suffice_fit_free(more);
  CHECK(suffice_fit_update(fit, "{}", 60, 1, names, bases, strides, NULL, 2.0, NULL, &more) == 3);
  values[3] = NAN;
  CHECK(suffice_fit_impute(fit, 60, 1, names, bases, strides, NULL, 1, NULL, densities, 60) == 0);
  CHECK(densities[2] == values[2] && fabs(densities[3]) < 11);
  const uint64_t seed = 4;
  CHECK(suffice_fit_impute(fit, 60, 1, names, bases, strides, NULL, 1, &seed, densities, 60) == 0);
  CHECK(suffice_fit_impute(fit, 60, 1, names, bases, strides, NULL, 1, NULL, densities, 3) == 1);
  suffice_fit_free(fit);
  values[3] = 10;
  CHECK(suffice_fit("gaussian-mixture", "{\"schedule\": \"none\"}", 60, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, NULL, &fit) == 3);
  CHECK(suffice_model_about("{}", &text) == 2 && strstr(suffice_last_error(), "no compiled model"));
  CHECK(suffice_model_about("gaussian-mixture", &text) == 0 && strstr(text, "components"));
  suffice_free_text(text);
  CHECK(suffice_picture("{\"kind\": \"trace\", \"series\": [{\"label\": \"a\", \"values\": [1, 2]}]}", &text) == 0);
  CHECK(strstr(text, "<svg"));
  suffice_free_text(text);
  CHECK(suffice_picture("{\"kind\": \"pie\"}", &text) == 1);

  CHECK(suffice_fit("diagonal-gaussian-mixture", request, 60, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, stop, &fit) == 6);
  CHECK(suffice_fit("no-model", request, 60, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, NULL, &fit) == 4);
  CHECK(suffice_fit("gaussian-mixture", "{", 60, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, NULL, &fit) != 0);
  CHECK(suffice_fit("gaussian-mixture", request, 0, 1, names, bases, strides, NULL, NULL, NULL, 0, NULL, NULL, &fit) == 2);
  CHECK(suffice_fit_read("/nowhere", &fit) == 2);
  CHECK(suffice_fit_about(NULL, &text) == 1);
  puts("entry points: passed");
  return 0;
}
