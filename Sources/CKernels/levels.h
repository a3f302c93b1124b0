// One table of kernels an instruction-set level; dispatch.c picks the table.
#ifndef LEVELS_H
#define LEVELS_H

#include "CKernels.h"
#include <stddef.h>

/// The steps of a chain whose pairs are counted at once, and the doubles of scratch for each label of a step.
#define CHAIN_BATCH 8
#define CHAIN_ROOM (2 * CHAIN_BATCH + 1)

typedef struct {
  void (*pack_weights)(double *, const double *, long, long, long);
  void (*scores)(
    double *, long, const double *, const double *, const double *, long, long, long, long, int);
  void (*scores_outer)(
    double *, long, const double *, const double *, const double *, long, long, long, long, int);
  void (*accumulate)(double *, long, const double *, long, const double *, long, long, long, long);
  void (*accumulate_outer)(double *, long, const double *, long, const double *, long, long, long, long);
  void (*row_sums)(double *, const double *, long, long, long);
  double (*softmax)(double *, long, long, long, double *);
  void (*center)(double *, const double *, long, long, double);
  void (*gather)(double *, const double *, long, const long *, long, double);
  void (*squares)(double *, long, const double *, long, long, long);
  void (*outer)(double *, long, const double *, long, long, long);
  void (*one_hot)(double *, long, const double *, long, long);
  double (*sum)(const double *, long);
  void (*transpose)(double *, long, const double *, long, const long *, long, long, const double *);
  void (*gather_rows)(double *, long, const double *, long, const double *, long, int);
  void (*scatter_rows)(double *, long, const double *, long, const double *, long);
  void (*multiply_add)(double *, const double *, const double *, double, long, int);
  void (*exponential)(double *, const double *, long);
  void (*logarithm)(double *, const double *, long);
  void (*digamma)(double *, const double *, long);
  void (*log_gamma)(double *, const double *, long);
  double (*forward_backward)(double *, const double *, double *, long, long, double *, double *, double *);
  double (*gaussian_chain)(double *, const double *, double *, long, long, double *, double *, double *);
  void (*gaussian_mean_map)(double *, long, long, long, double *);
  void (*gamma_mean_map)(double *, long, long, long, double *);
  void (*dirichlet_expectations)(double *, const double *, long, long);
  void (*exponential_rows)(double *, const double *, long, long);
  long (*membership)(
    double *, const double *, const double *, const double *, double *, long, long, long, double, double *);
  long (*membership_lookup)(
    double *, double *, const double *, const int *, const double *, const double *, double *, long, long, long,
    double, double *);
  void (*membership_sums)(
    double *, const double *, const double *, const double *, const int *, const int *, long, long);
} Kernels;

/// The same of floats, as far as there are any.
typedef struct {
  void (*pack_weights)(float *, const double *, long, long, long);
  void (*scores)(float *, long, const float *, const float *, const float *, long, long, long, long, int);
  void (*scores_outer)(float *, long, const float *, const float *, const float *, long, long, long, long, int);
  void (*accumulate)(double *, long, const float *, long, const float *, long, long, long, long);
  void (*accumulate_outer)(double *, long, const float *, long, const float *, long, long, long, long);
  void (*squares)(float *, long, const float *, long, long, long);
  void (*outer)(float *, long, const float *, long, long, long);
  void (*to_frame)(float *, long, const double *, long, const double *, const double *, long, int, long);
  double (*softmax)(float *, long, const float *, long, long);
  double (*whitened)(
    double *, float *, long, const float *, const float *, long, const float *, long, long, long, const double *, long);
} SingleKernels;

extern const Kernels suffice_kernels_baseline;
extern const SingleKernels suffice_single_baseline;
#if defined(__x86_64__)
extern const Kernels suffice_kernels_avx2;
extern const Kernels suffice_kernels_avx512;
extern const SingleKernels suffice_single_avx2;
extern const SingleKernels suffice_single_avx512;
#endif

#endif
